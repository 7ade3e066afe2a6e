// The client's commands for deployments, versions, webhooks and runs: what they change, what they show, how they end.
#include "client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "receiver.hpp"

namespace crewship::testing_support {
namespace {

using testing::HasSubstr;
using testing::Not;

using Words = std::vector<std::string>;

TEST_F(ClientTest, ManagesDeployments) {
  start();
  const Json made = told({"deployments", "create", "crew"});
  EXPECT_EQ(daemon_->get("/v1/deployments").json()["deployments"], Json::array({made}));
  EXPECT_EQ(told({"deployments", "show", "crew"}), made) << "by its name";
  EXPECT_EQ(told({"deployments", "show", made["id"]}), made) << "and by its id";
  EXPECT_EQ(told({"deployments", "rename", "crew", "researchers"})["name"], "researchers");
  const Finished table = crewshipd({"deployments", "list"});
  EXPECT_THAT(table.out, testing::MatchesRegex("ID +NAME +CREATED\n" + made["id"].get<std::string>() +
                                               "  researchers  (now|[0-9]+ s ago)\n"));
  EXPECT_EQ(crewshipd({"deployments", "delete", "researchers"}).status, 0);
  EXPECT_EQ(told({"deployments", "list"})["deployments"], Json::array());
}

TEST_F(ClientTest, AmbiguousNamesAreRefused) {
  start();
  const Json one = told({"deployments", "create", "crew"});
  const Json other = told({"deployments", "create", "crew"});
  const Finished refused = crewshipd({"deployments", "delete", "crew"});
  EXPECT_EQ(refused.status, 1);
  for (const auto& made : {one, other}) EXPECT_THAT(refused.err, HasSubstr(made["id"].get<std::string>()));
  EXPECT_EQ(told({"deployments", "list"})["deployments"].size(), 2u);
}

TEST_F(ClientTest, MakesVersionsAndPutsThemLive) {
  start();
  told({"deployments", "create", "crew"});
  const Json first =
      told({"versions",  "create",      "crew",     "--env",         "A=b=c",      "--env",  "EMPTY=",
            "--timeout", "5m",          "--memory", "1GiB",          "--cpu-time", "60",     "--open-files",
            "64",        "--processes", "5",        "--working-dir", "/tmp",       "--live", "production",
            "--",        "python3",     "crew.py",  "--output",      "x"});
  EXPECT_EQ(first["runner"], Json::parse(R"({"type":"command","command":["python3","crew.py","--output","x"],)"
                                         R"("working_dir":"/tmp"})"));
  EXPECT_EQ(first["env"], Json::parse(R"({"A":"b=c","EMPTY":""})"));
  EXPECT_EQ(first["timeout_seconds"], 300);
  EXPECT_EQ(first["limits"],
            Json::parse(R"({"memory_bytes":1073741824,"cpu_seconds":60,"open_files":64,"processes":5})"));
  told({"versions", "create", "crew", "--builtin", "echo", "--live", "production"});
  EXPECT_EQ(told({"versions", "list", "crew"})["versions"].size(), 2u);
  EXPECT_EQ(told({"deployments", "environments", "crew"})["environments"][0]["version_number"], 2);
  EXPECT_EQ(told({"versions", "activate", "crew", "1"})["version_id"], first["id"]) << "rolled back";
  EXPECT_EQ(told({"versions", "activate", "crew", first["id"], "--environment", "staging"})["environment"], "staging");
  EXPECT_EQ(crewshipd({"versions", "deactivate", "crew"}).status, 0);
  EXPECT_EQ(told({"deployments", "environments", "crew"})["environments"][0]["version_id"], nullptr);
  EXPECT_THAT(crewshipd({"versions", "activate", "crew", "7"}).err, HasSubstr("no version 7"));
}

TEST_F(ClientTest, ManagesIncomingWebhooks) {
  start();
  told({"deployments", "create", "crew"});
  told({"versions", "create", "crew", "--builtin", "echo", "--live", "staging"});
  const Json made = told({"webhooks", "incoming", "create", "crew", "ci", "--environment", "staging"});
  const std::string id = made["id"];
  const auto status_of = [](const Json& webhook) {
    return curl({.method = "POST", .url = webhook["url"], .body = "{}"}).status;
  };
  EXPECT_EQ(status_of(made), 202);
  EXPECT_EQ(told({"webhooks", "incoming", "show", id})["url"], made["url"]);
  const Finished table = crewshipd({"webhooks", "incoming", "list", "crew"});
  EXPECT_THAT(table.out, HasSubstr(id));
  EXPECT_THAT(table.out, Not(HasSubstr(made["token"].get<std::string>())));
  EXPECT_EQ(told({"webhooks", "incoming", "disable", id})["enabled"], false);
  EXPECT_EQ(status_of(made), 404);
  EXPECT_EQ(told({"webhooks", "incoming", "enable", id})["enabled"], true);
  EXPECT_EQ(told({"webhooks", "incoming", "update", id, "--name", "nightly"})["name"], "nightly");
  const Json renewed = told({"webhooks", "incoming", "regenerate", id});
  EXPECT_EQ(status_of(made), 404);
  EXPECT_EQ(status_of(renewed), 202);
  EXPECT_EQ(crewshipd({"webhooks", "incoming", "delete", id}).status, 0);
  EXPECT_EQ(crewshipd({"webhooks", "incoming", "show", id}).status, 1);
}

TEST_F(ClientTest, ManagesOutgoingWebhooks) {
  start();
  Receiver receiver;
  told({"deployments", "create", "crew"});
  const Json made = told({"webhooks", "outgoing", "create", "crew", "results", receiver.url("/a"), "--event",
                          "run.failed", "--header", "Authorization: Bearer abc", "--header", "X-Team:blue"});
  const std::string id = made["id"];
  EXPECT_THAT(made["secret"].get<std::string>(), testing::StartsWith("whsec_"));
  EXPECT_EQ(made["events"], Json::array({"run.failed"}));
  EXPECT_EQ(told({"webhooks", "outgoing", "show", id}).contains("secret"), false);
  told({"webhooks", "outgoing", "test", id});
  ASSERT_EQ(receiver.wait_for(1).size(), 1u);
  EXPECT_EQ(receiver.received()[0].header("Authorization"), "Bearer abc");
  EXPECT_EQ(receiver.received()[0].header("X-Team"), "blue");
  const Json updated = told({"webhooks", "outgoing", "update", id, "--url", receiver.url("/b"), "--no-headers",
                             "--event", "run.succeeded", "--event", "run.failed"});
  EXPECT_EQ(updated["url"], receiver.url("/b"));
  EXPECT_EQ(updated["events"].size(), 2u);
  EXPECT_EQ(updated["headers"], Json::object());
  EXPECT_EQ(updated["name"], "results") << "what is not named stays";
  EXPECT_EQ(crewshipd({"webhooks", "outgoing", "update", id}).status, 2);
  EXPECT_EQ(told({"webhooks", "outgoing", "disable", id})["enabled"], false);
  EXPECT_EQ(crewshipd({"webhooks", "outgoing", "test", id}).status, 1) << "disabled";
  EXPECT_EQ(told({"webhooks", "outgoing", "enable", id})["enabled"], true);
  EXPECT_NE(told({"webhooks", "outgoing", "regenerate", id})["secret"], made["secret"]);
  EXPECT_EQ(told({"webhooks", "outgoing", "recover", id, "--since", "1h", "--dry-run"})["failed"], 0);
  EXPECT_EQ(crewshipd({"webhooks", "outgoing", "recover", id, "--since", "yesterday"}).status, 2);
  EXPECT_EQ(crewshipd({"webhooks", "outgoing", "delete", id}).status, 0);
  EXPECT_EQ(told({"webhooks", "outgoing", "list", "crew"})["outgoing_webhooks"], Json::array());
}

TEST_F(ClientTest, TriggersRunsWithTheInputAsItIs) {
  start();
  told({"deployments", "create", "crew"});
  told({"versions", "create", "crew", "--builtin", "echo", "--live", "production"});
  const std::string input = R"({"big":12345678901234567890123,"precise":1.10,"text":"\ud83d"})";
  const std::string file = daemon_->folder() / "input.json";
  write_file(file, input);
  for (const Words& words : {Words{"--input", input}, Words{"--input", "@" + file}, Words{"--input", "-"}}) {
    Words all{"runs", "trigger", "crew"};
    all.insert(all.end(), words.begin(), words.end());
    const std::string run_id = told(all, input)["run_id"];
    daemon_->eventually([&] { return daemon_->get("/v1/runs/" + run_id).body.contains("\"succeeded\""); });
    EXPECT_THAT(daemon_->get("/v1/runs/" + run_id).body, HasSubstr("\"input\":" + input));
    EXPECT_THAT(crewshipd({"runs", "show", run_id}).out, HasSubstr("\"text\": \"\xef\xbf\xbd\""))
        << "a table shows it, too";
  }
  const Words twice{"runs", "trigger", "crew", "--idempotency-key", "k1"};
  EXPECT_EQ(told(twice)["run_id"], told(twice)["run_id"]);
  for (const char* wrong : {"[1]", "{", "@/nowhere"}) {
    EXPECT_EQ(crewshipd({"runs", "trigger", "crew", "--input", wrong}).status, 2) << wrong;
  }
  EXPECT_EQ(crewshipd({"runs", "trigger", "crew", "--environment", "staging"}).status, 1) << "nothing is live there";
}

TEST_F(ClientTest, FollowsARunToItsEnd) {
  start();
  const std::string gate = daemon_->folder() / "gate";
  told({"deployments", "create", "crew"});
  told({"versions", "create", "crew", "--live", "production", "--", "sh", "-c",
        "echo first >&2; while [ ! -e " + gate +
            " ]; do sleep 0.05; done; printf 'se\\033[31mcond\\n' >&2; echo '{\"a\":1}'"});
  Program following(client_program({"runs", "trigger", "crew", "--follow"}));
  EXPECT_TRUE(following.out().wait_for("first\n")) << "while the run goes on";
  write_file(gate, "");
  EXPECT_EQ(following.wait(), 0);
  EXPECT_THAT(following.out().whole(),
              testing::ContainsRegex(
                  "first\nse\\\\u\\{1b\\}\\[31mcond\nrun_[0-9a-z]+ succeeded in [^\n]+\n\\{\n  \"a\": 1\n\\}\n"));

  const Json run = told({"runs", "trigger", "crew", "-f"});
  EXPECT_EQ(run["output"], Json::parse(R"({"a":1})")) << "the log is on stderr";
  EXPECT_EQ(crewshipd({"runs", "logs", run["id"]}).out, "first\nse\\u{1b}[31mcond\n");
  EXPECT_EQ(crewshipd({"runs", "logs", "-f", run["id"]}).out, "first\nse\\u{1b}[31mcond\n") << "after its end, too";

  told({"versions", "create", "crew", "--live", "production", "--", "sh", "-c", "echo broken >&2; exit 3"});
  const Finished failed = crewshipd({"runs", "trigger", "crew", "--follow"});
  EXPECT_EQ(failed.status, 1);
  EXPECT_THAT(failed.out, HasSubstr("broken\n"));
  EXPECT_THAT(failed.err, HasSubstr("exited with status 3: broken"));
}

TEST_F(ClientTest, FollowsOnWhenTheServerComesBack) {
  start();
  told({"deployments", "create", "crew"});
  told({"versions", "create", "crew", "--live", "production", "--", "sh", "-c", "echo begun >&2; exec sleep 1000"});
  const std::string port = daemon_->url().substr(daemon_->url().rfind(':') + 1);
  Program following(client_program({"runs", "trigger", "crew", "--follow"}));
  ASSERT_TRUE(following.out().wait_for("begun\n"));
  daemon_->options().config["listen"] = "127.0.0.1:" + port;
  daemon_->restart_after_kill();
  EXPECT_EQ(following.wait(), 1);
  EXPECT_THAT(following.err().whole(), HasSubstr("interrupted by a server restart"));
  EXPECT_EQ(following.out().whole(), "begun\n") << "nothing twice";
}

TEST_F(ClientTest, ListsAndCancelsRuns) {
  start();
  told({"deployments", "create", "crew"});
  told({"versions", "create", "crew", "--live", "production", "--", "sleep", "1000"});
  const std::string sleeping = told({"runs", "trigger", "crew"})["run_id"];
  EXPECT_EQ(told({"runs", "list", "--deployment", "crew", "--status", "running"})["runs"][0]["id"], sleeping);
  EXPECT_EQ(told({"runs", "cancel", sleeping})["status"], "canceled");
  told({"versions", "create", "crew", "--builtin", "echo", "--live", "production"});
  for (int i = 0; i < 3; ++i) told({"runs", "trigger", "crew"});
  const Finished page = crewshipd({"runs", "list", "--limit", "2"});
  EXPECT_EQ(std::count(page.out.begin(), page.out.end(), '\n'), 3);
  EXPECT_THAT(page.err, HasSubstr("--cursor"));
  const Finished all = crewshipd({"runs", "list", "--limit", "2", "--all"});
  EXPECT_EQ(std::count(all.out.begin(), all.out.end(), '\n'), 5) << all.out;
  const Finished same = crewshipd({"runs", "list", "--output", "json"});
  EXPECT_EQ(same.out, daemon_->get("/v1/runs").body + "\n") << "byte for byte";
}

TEST_F(ClientTest, ExitCodesSayWhoseFaultItWas) {
  start();
  EXPECT_EQ(crewshipd({"deployments", "show", "nobody"}).status, 1);
  EXPECT_EQ(crewshipd({"runs", "show", "run_1"}).status, 1);
  const Finished unknown_key = crewshipd({"deployments", "list", "--api-key", "wrong"});
  EXPECT_EQ(unknown_key.status, 1);
  EXPECT_THAT(unknown_key.err, HasSubstr("CREWSHIP_API_KEY"));
  const Finished nobody = crewshipd({"deployments", "list", "--server", "http://127.0.0.1:1"});
  EXPECT_EQ(nobody.status, 3);
  EXPECT_THAT(nobody.err, HasSubstr("http://127.0.0.1:1"));
  EXPECT_EQ(nobody.out, "");
  for (const Words& words : {Words{"deployments"}, Words{"deployments", "make"}, Words{"runs", "list", "--limit", "0"},
                             Words{"runs", "list", "--output", "yaml"}, Words{"versions", "create", "crew"},
                             Words{"versions", "create", "crew", "--memory", "1GB", "--", "true"},
                             Words{"versions", "create", "crew", "--env", "A", "--", "true"},
                             Words{"deployments", "list", "--server", "ftp://127.0.0.1"},
                             Words{"deployments", "list", "--api-key-file", "/nowhere"},
                             Words{"--output", "json", "check-config", "x"}, Words{"deployments", "create", "\xff"}}) {
    const Finished refused = crewshipd(words);
    EXPECT_EQ(refused.status, 2) << testing::PrintToString(words) << refused.out << refused.err;
    EXPECT_NE(refused.err, "");
  }
}

TEST_F(ClientTest, TakesTheKeyFromAFile) {
  start();
  ProgramOptions program = client_program({"deployments", "list", "--api-key-file", daemon_->data_dir() / "admin.key"});
  program.environment["CREWSHIP_API_KEY"] = "wrong";
  EXPECT_EQ(run_program(program).status, 0) << "an option goes before the environment";
  program.command = {CREWSHIPD_BINARY, "deployments", "list"};
  program.environment["CREWSHIP_API_KEY"] = std::nullopt;
  program.environment["CREWSHIP_API_KEY_FILE"] = daemon_->data_dir() / "admin.key";
  EXPECT_EQ(run_program(program).status, 0);
}

TEST_F(ClientTest, WordsOfStrangersDoNotReachTheTerminalRaw) {
  start();
  told({"deployments", "create", "crew"});
  told({"versions", "create", "crew", "--live", "production", "--", "sh", "-c",
        R"(printf 'a\033[2J \302\233 \342\200\256 b\n' >&2; exit 3)"});
  const std::string run_id = told({"runs", "trigger", "crew"})["run_id"];
  daemon_->wait_for_run(run_id);
  for (const Words& words : {Words{"runs", "list"}, Words{"runs", "show", run_id}, Words{"runs", "logs", run_id}}) {
    const Finished shown = crewshipd(words);
    EXPECT_THAT(shown.out, HasSubstr("\\u{202e} b")) << testing::PrintToString(words);
    for (const char* raw : {"\x1b", "\xc2\x9b", "\xe2\x80\xae"}) EXPECT_THAT(shown.out, Not(HasSubstr(raw)));
  }
  EXPECT_THAT(crewshipd({"deployments", "show", "\x1b[2J"}).err, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace crewship::testing_support
