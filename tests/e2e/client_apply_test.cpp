// Export and apply: from one server to another, and what they refuse.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client.hpp"

namespace crewship::testing_support {
namespace {

using testing::HasSubstr;
using testing::Not;

class Apply : public ClientTest {
 protected:
  void fill() {
    told({"deployments", "create", "crew: \"1\""});
    told({"versions", "create", "crew: \"1\"", "--env", "N=1", "--env", "YES=yes", "--timeout", "5m", "--", "sh", "-c",
          "a\nb # c"});
    told({"versions", "create", "crew: \"1\"", "--builtin", "echo", "--live", "production"});
    incoming_ = told({"webhooks", "incoming", "create", "crew: \"1\"", "ci", "--environment", "staging"});
    told({"webhooks", "incoming", "disable", incoming_["id"]});
    outgoing_ = told({"webhooks", "outgoing", "create", "crew: \"1\"", "results", "http://127.0.0.1:1/hook?a=b"});
  }
  Json incoming_;
  Json outgoing_;
};

TEST_F(Apply, BringsWhatWasExportedToAnotherServer) {
  start();
  fill();
  for (const char* name : {"all.yaml", "all.json"}) {
    const std::string file = daemon_->folder() / name;
    ASSERT_EQ(crewshipd({"export", file}).status, 0);
    const std::string text = read_file(file);
    for (const Json& secret : {incoming_["token"], outgoing_["secret"]}) {
      EXPECT_THAT(text, Not(HasSubstr(secret.get<std::string>())));
    }
    EXPECT_EQ(crewshipd({"apply", file, "--prune"}).out, "Nothing to change.\n");

    Daemon other;
    other.start();
    const auto there = [&](std::vector<std::string> words) {
      words.insert(words.end(), {"--server", other.url(), "--api-key", other.key()});
      return crewshipd(words);
    };
    const Finished preview = there({"apply", file, "--dry-run"});
    EXPECT_THAT(preview.out, HasSubstr("+ deployment crew"));
    EXPECT_EQ(other.get("/v1/deployments").json()["deployments"], Json::array());
    const Finished applied = there({"apply", file});
    EXPECT_EQ(applied.status, 0) << applied.err;
    EXPECT_THAT(applied.out, HasSubstr("secret: whsec_"));
    EXPECT_THAT(applied.out, HasSubstr("url: " + other.url() + "/webhooks/runs/"));
    EXPECT_EQ(there({"apply", file}).out, "Nothing to change.\n") << "twice changes nothing";
    EXPECT_EQ(there({"export", "--output", "json"}).out, crewshipd({"export", "--output", "json"}).out);
    other.stop();
  }
}

TEST_F(Apply, DeletesOnlyWithPruneAndAYes) {
  start();
  fill();
  const std::string file = daemon_->folder() / "none.json";
  write_file(file, R"({"crewshipd":1,"deployments":[]})");
  EXPECT_EQ(crewshipd({"apply", file}).out, "Nothing to change.\n");
  const Finished unasked = crewshipd({"apply", file, "--prune"});
  EXPECT_EQ(unasked.status, 2);
  EXPECT_THAT(unasked.err, HasSubstr("--yes"));
  EXPECT_EQ(told({"deployments", "list"})["deployments"].size(), 1u);
  EXPECT_EQ(crewshipd({"apply", "-", "--prune", "--yes"}, read_file(file)).status, 0);
  EXPECT_EQ(told({"deployments", "list"})["deployments"].size(), 0u);
}

TEST_F(Apply, RefusesBeforeAnythingChanges) {
  start();
  told({"deployments", "create", "crew"});
  told({"deployments", "create", "crew"});
  const std::string file = daemon_->folder() / "file.yaml";
  write_file(file, "crewshipd: 1\ndeployments: [{name: new}, {name: crew}]\n");
  const Finished ambiguous = crewshipd({"apply", file});
  EXPECT_EQ(ambiguous.status, 1);
  EXPECT_THAT(ambiguous.err, HasSubstr("crew"));
  write_file(file, "crewshipd: 1\ndeployments: [{name: new, timeout: 3}]\n");
  const Finished unknown = crewshipd({"apply", file});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_THAT(unknown.err, HasSubstr("deployments[0].timeout is unknown"));
  EXPECT_EQ(told({"deployments", "list"})["deployments"].size(), 2u);
}

TEST_F(Apply, TellsWhatWasDoneWhenTheServerRefuses) {
  start();
  const std::string file = daemon_->folder() / "file.yaml";
  write_file(file,
             "crewshipd: 1\ndeployments: [{name: new, versions: [{runner: {type: builtin, handler: nobody}}]}]\n");
  const Finished refused = crewshipd({"apply", file});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("new: version 1: "));
  EXPECT_THAT(refused.err, HasSubstr("The 1 changes before it were made"));
}

}  // namespace
}  // namespace crewship::testing_support
