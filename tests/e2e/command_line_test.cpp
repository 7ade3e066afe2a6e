// The program's words, and what it says about configurations that it does not take.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon.hpp"

namespace crewship::testing_support {
namespace {

using testing::HasSubstr;

Finished crewshipd(std::vector<std::string> words) {
  words.insert(words.begin(), CREWSHIPD_BINARY);
  return run_program({.command = std::move(words)});
}

TEST(CommandLine, TellsItsVersion) {
  const Finished told = crewshipd({"--version"});
  EXPECT_EQ(told.status, 0);
  EXPECT_THAT(told.out, testing::MatchesRegex("crewshipd [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST(CommandLine, ExplainsItself) {
  const Finished help = crewshipd({"--help"});
  EXPECT_EQ(help.status, 0);
  for (const char* word : {"serve", "check-config", "listen", "--version"}) EXPECT_THAT(help.out, HasSubstr(word));
  const Finished serve = crewshipd({"serve", "--help"});
  EXPECT_EQ(serve.status, 0);
  for (const char* option : {"--config", "--listen", "--data-dir", "--demo"}) EXPECT_THAT(serve.out, HasSubstr(option));
  const Finished listen = crewshipd({"listen", "--help"});
  for (const char* option : {"--listen", "--secret", "--answer"}) EXPECT_THAT(listen.out, HasSubstr(option));
}

TEST(CommandLine, RefusesWhatItDoesNotKnow) {
  for (const auto& words : std::vector<std::vector<std::string>>{{},
                                                                 {"server"},
                                                                 {"serve", "--port", "80"},
                                                                 {"serve", "--listen", "nowhere"},
                                                                 {"check-config"},
                                                                 {"listen", "--answer", "99"},
                                                                 {"listen", "--listen", "nowhere"}}) {
    const Finished refused = crewshipd(words);
    EXPECT_EQ(refused.status, 2) << testing::PrintToString(words);
    EXPECT_NE(refused.err + refused.out, "");
  }
}

TEST(CommandLine, CompletesInEachShell) {
  const std::string program = CREWSHIPD_BINARY;
  const auto words_of = [&](const std::string& shell, const std::string& script) {
    if (run_program({.command = {"sh", "-c", "command -v " + shell}}).status != 0) return std::string("not there");
    return run_program({.command = {shell, "-c", script}}).out;
  };
  const std::string bash = words_of("bash", "source <(" + program +
                                                " completion bash); COMP_WORDS=(crewshipd --output json runs tr); "
                                                "COMP_CWORD=4; _crewshipd; echo ${COMPREPLY[@]}; "
                                                "COMP_WORDS=(crewshipd runs trigger crew --fol); _crewshipd; "
                                                "echo ${COMPREPLY[@]}; COMP_WORDS=(crewshipd versions create x --ser); "
                                                "_crewshipd; echo ${COMPREPLY[@]}");
  EXPECT_EQ(bash, "trigger\n--follow\n--server\n");
  const std::string fish = words_of("fish", program + " completion fish | source; complete -C 'crewshipd runs tr'");
  if (fish != "not there") EXPECT_THAT(fish, testing::StartsWith("trigger"));
  const std::string zsh =
      words_of("zsh", "compdef() { :; }; compadd() { print ${(P)2}; }; source <(" + program +
                          " completion zsh); words=(crewshipd webhooks out); CURRENT=3; _crewshipd");
  if (zsh != "not there") EXPECT_THAT(zsh, HasSubstr("incoming outgoing"));
  EXPECT_EQ(crewshipd({"completion", "tcsh"}).status, 2);
}

class Configuration : public testing::Test {
 protected:
  std::string file(std::string_view text) {
    const std::string name = folder_ / ("config" + std::to_string(++files_) + ".json");
    write_file(name, text);
    return name;
  }
  TempDir folder_;
  int files_ = 0;
};

TEST_F(Configuration, WithoutAProblemIsFine) {
  for (const std::string& name : {file("{}"), file("{ // a comment\n \"limits\": {\"body_bytes\": 2000} }"),
                                  std::string(CREWSHIP_SOURCE_DIR "/config/crewshipd.example.json")}) {
    const Finished checked = crewshipd({"check-config", name});
    EXPECT_EQ(checked.status, 0) << checked.err;
    EXPECT_THAT(checked.out, HasSubstr(name));
  }
}

TEST_F(Configuration, IsRefusedWithTheNameOfTheKey) {
  struct Case {
    const char* text;
    const char* key;
  };
  for (const auto& [text, key] : {
           Case{R"({"listn": "127.0.0.1:80"})", "listn"},
           Case{R"({"limits": {"body_bytes": "1MB"}})", "limits.body_bytes"},
           Case{R"({"executor": {"max_concurrent_runs": 0}})", "executor.max_concurrent_runs"},
           Case{R"({"delivery": {"retry_schedule": ["soon"]}})", "delivery.retry_schedule[0]"},
           Case{R"({"delivery": {"allow": ["10.0.0.0/99"]}})", "delivery.allow[0]"},
           Case{R"({"log": {"level": "loud"}})", "log.level"},
           Case{"{", "the file"},
       }) {
    const std::string name = file(text);
    const std::string data = folder_ / "data";
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"check-config", name}, {"serve", "--config", name, "--data-dir", data, "--listen", "127.0.0.1:0"}}) {
      const Finished refused = crewshipd(words);
      EXPECT_EQ(refused.status, 2) << text;
      EXPECT_THAT(refused.err, HasSubstr(key));
    }
    EXPECT_FALSE(std::filesystem::exists(data)) << "a refused start leaves nothing behind";
  }
}

TEST_F(Configuration, IsToldOfAllProblemsAtOnce) {
  const Finished refused = crewshipd(
      {"check-config", file(R"({"listn": 1, "limits": {"body_bytes": -1}, "retention": {"runs": "forever"}})")});
  EXPECT_EQ(refused.status, 2);
  for (const char* key : {"listn", "limits.body_bytes", "retention.runs"}) EXPECT_THAT(refused.err, HasSubstr(key));
}

TEST_F(Configuration, ThatIsNotThereIsSaid) {
  const std::string nowhere = folder_ / "nowhere.json";
  for (const char* word : {"check-config", "serve"}) {
    const Finished refused =
        std::string(word) == "serve" ? crewshipd({"serve", "--config", nowhere}) : crewshipd({"check-config", nowhere});
    EXPECT_EQ(refused.status, 2);
    EXPECT_THAT(refused.err, HasSubstr(nowhere));
  }
}

}  // namespace
}  // namespace crewship::testing_support
