#include <crewship/client/apply_plan.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace crewship {
namespace {

using testing::HasSubstr;

constexpr const char* server = R"({"crewshipd":1,"deployments":[
  {"id":"dep_1","name":"crew",
   "versions":[{"id":"ver_2","number":2,"runner":{"type":"builtin","handler":"echo"},"env":{},"timeout_seconds":null,"limits":{}},
               {"id":"ver_1","number":1,"runner":{"type":"command","command":["a"]},"env":{"B":"1","A":"2"},"timeout_seconds":5,"limits":{}}],
   "environments":{"production":2,"staging":null},
   "incoming_webhooks":[{"id":"iwh_1","name":"ci","environment":"production","enabled":true}],
   "outgoing_webhooks":[{"id":"owh_1","name":"results","environment":"production","url":"https://a/","events":["run.succeeded","run.failed"],"headers":{"X-A":"***"},"enabled":true}]},
  {"id":"dep_2","name":"other","versions":[],"environments":{"production":null,"staging":null},"incoming_webhooks":[],"outgoing_webhooks":[]}]})";

std::string difference(std::string_view wanted, bool prune = false) {
  const auto steps = plan_apply(wanted, server, prune);
  return steps ? difference_text(*steps) : "error: " + steps.error().message;
}

TEST(ApplyPlan, IsEmptyForWhatIsThereAlready) {
  EXPECT_EQ(difference(R"(
crewshipd: 1
deployments:
  - name: crew
    versions:
      - {number: 1, runner: {command: [a], type: command}, env: {A: "2", B: "1"}, timeout_seconds: 5}
      - {number: 2, runner: {type: builtin, handler: echo}}
    environments: {production: 2, staging: null}
    incoming_webhooks: [{name: ci}]
    outgoing_webhooks:
      - {name: results, url: "https://a/", events: [run.failed, run.succeeded], headers: {X-A: "***"}}
  - name: other
)",
                       true),
            "");
}

TEST(ApplyPlan, ShowsEachDifference) {
  EXPECT_EQ(difference(R"(
crewshipd: 1
deployments:
  - name: crew
    versions: [{number: 7, runner: {type: command, command: [b]}}]
    environments: {production: 7, staging: 1}
    incoming_webhooks: [{name: ci, enabled: false}]
    outgoing_webhooks: [{name: results, url: "https://b/", headers: {X-A: new, X-B: "1"}}]
)"),
            "+ crew: version 7\n"
            "    runner: {\"type\":\"command\",\"command\":[\"b\"]}\n"
            "~ crew: live in production\n"
            "    version: 2 → 7\n"
            "+ crew: live in staging\n"
            "    version: null → 1\n"
            "~ crew: incoming webhook ci (production)\n"
            "    enabled: true → false\n"
            "~ crew: outgoing webhook results (production)\n"
            "    url: \"https://a/\" → \"https://b/\"\n"
            "    header X-A: sent again, as the server does not show its value\n"
            "    header X-B: new\n");
}

TEST(ApplyPlan, RefersToWhatEarlierStepsMade) {
  const auto steps = plan_apply(R"({"crewshipd":1,"deployments":[{"name":"new",
    "versions":[{"runner":{"type":"builtin","handler":"echo"}}],"environments":{"production":1},
    "outgoing_webhooks":[{"name":"o","url":"https://a/","enabled":false}]}]})",
                                server, false);
  ASSERT_TRUE(steps);
  ASSERT_EQ(steps->size(), 5u);
  EXPECT_EQ((*steps)[1].id_of, 0u);
  EXPECT_EQ((*steps)[1].path_rest, "/versions");
  EXPECT_EQ((*steps)[2].version_of, 1u);
  EXPECT_EQ((*steps)[3].shown_member, "secret");
  EXPECT_EQ((*steps)[4].id_of, 3u);
  EXPECT_EQ((*steps)[4].body, R"({"enabled":false})");
}

TEST(ApplyPlan, DeletesOnlyWhenItIsToldTo) {
  const char* wanted = R"({"crewshipd":1,"deployments":[{"name":"crew","environments":{},"incoming_webhooks":[]}]})";
  EXPECT_EQ(difference(wanted), "");
  EXPECT_EQ(difference(wanted, true),
            "- crew: live in production\n"
            "    version: 2 → null\n"
            "- crew: incoming webhook ci (production)\n"
            "- deployment other and its webhooks\n")
      << "outgoing webhooks are not looked after";
}

TEST(ApplyPlan, RefusesWhatCannotBeMeant) {
  struct Case {
    const char* text;
    const char* complaint;
  };
  for (const auto& [text, complaint] : {
           Case{"[1", "neither JSON nor YAML"},
           Case{"deployments: []", "crewshipd is missing"},
           Case{"{crewshipd: 2, deployments: []}", "crewshipd must be 1"},
           Case{"{crewshipd: 1, deployments: [{nam: x}]}", "deployments[0].nam is unknown"},
           Case{"{crewshipd: 1, deployments: [{name: a}, {name: a}]}",
                "Several of the file's deployments are called a"},
           Case{"{crewshipd: 1, crewshipd: 1, deployments: []}", "twice"},
           Case{"{crewshipd: 1, deployments: [{name: a, versions: [{runner: {}, env: {A: 1}}]}]}",
                "deployments[0].versions[0].env must be"},
           Case{"{crewshipd: 1, deployments: [{name: a, environments: {production: 3}}]}",
                "version 3, which is not there"},
           Case{"{crewshipd: 1, deployments: [{name: a, incoming_webhooks: [{name: x}, {name: x}]}]}",
                "x (production)"},
           Case{"{crewshipd: 1, deployments: [{name: a, outgoing_webhooks: [{name: x, url: u, headers: {K: '***'}}]}]}",
                "header K"},
       }) {
    EXPECT_THAT(difference(text), HasSubstr(complaint)) << text;
    EXPECT_THAT(difference(text), testing::StartsWith("error: "));
  }
}

TEST(ApplyPlan, RefusesNamesThatSeveralOnTheServerHave) {
  const auto steps = plan_apply(R"({"crewshipd":1,"deployments":[{"name":"a"}]})",
                                R"({"deployments":[{"id":"dep_1","name":"a"},{"id":"dep_2","name":"a"}]})", false);
  ASSERT_FALSE(steps);
  EXPECT_EQ(steps.error().code, "ambiguous_name");
}

}  // namespace
}  // namespace crewship
