#include "api_fixture.hpp"

namespace crewship {
namespace {

using testing::HasSubstr;

class Versions : public ApiTest {
 protected:
  Answer create(std::string body) { return post(of_deployment("/versions"), std::move(body)); }
  Answer create_with_runner(const std::string& runner) { return create(R"({"runner":)" + runner + "}"); }
  // A version with one more field.
  Answer create_with(const std::string& field) {
    return create(R"({"runner":{"type":"builtin","handler":"echo"},)" + field + "}");
  }
};

TEST_F(Versions, ACommandIsShownAsItWasGiven) {
  const Answer made = create(R"({"runner":{"type":"command","command":["python3","crew.py",""],"working_dir":"/srv"},
                                 "env":{"TOKEN":"a=b","Größe":"x"},"timeout_seconds":60})");
  EXPECT_THAT(made, RefusedField("invalid_field", "env.Größe"));

  const Answer good = create(R"({"runner":{"type":"command","command":["python3","crew.py",""],"working_dir":"/srv"},
                                 "env":{"TOKEN":"a=b ☂","EMPTY":""},"timeout_seconds":60})");
  EXPECT_THAT(good, Status(201));
  EXPECT_EQ(
      good.json(),
      Json({{"id", good.id()},
            {"deployment_id", deployment.text()},
            {"number", 1},
            {"runner", Json({{"type", "command"}, {"command", {"python3", "crew.py", ""}}, {"working_dir", "/srv"}})},
            {"env", Json({{"EMPTY", ""}, {"TOKEN", "a=b ☂"}})},
            {"timeout_seconds", 60},
            {"limits", Json::object()},
            {"created_at", "2025-01-15T10:30:00.000Z"}}));
  EXPECT_EQ(get(of_deployment("/versions")).json()["versions"][0], good.json());
}

TEST_F(Versions, LimitsAreShownAsTheyWereGiven) {
  const std::string runner = R"({"runner":{"type":"command","command":["true"]},"limits":)";
  const std::string all = R"({"memory_bytes":1073741824,"cpu_seconds":60,"open_files":256,"processes":50})";
  EXPECT_EQ(create(runner + all + "}").json()["limits"], Json::parse(all));
  EXPECT_EQ(create(runner + R"({"processes":1,"memory_bytes":null}})").json()["limits"], Json({{"processes", 1}}));
  EXPECT_EQ(create(runner + "null}").json()["limits"], Json::object());
  const Json versions = get(of_deployment("/versions")).json()["versions"];
  EXPECT_EQ(versions[2]["limits"], Json::parse(all));
}

TEST_F(Versions, LimitsOutOfRangeAreNamed) {
  const auto with = [this](const std::string& limits) {
    return create(R"({"runner":{"type":"command","command":["true"]},"limits":)" + limits + "}");
  };
  EXPECT_THAT(with(R"({"memory_bytes":4194303})"), RefusedField("invalid_field", "limits.memory_bytes"));
  EXPECT_THAT(with(R"({"memory_bytes":4194304})"), Status(201));
  EXPECT_THAT(with(R"({"cpu_seconds":0})"), RefusedField("invalid_field", "limits.cpu_seconds"));
  EXPECT_THAT(with(R"({"open_files":15})"), RefusedField("invalid_field", "limits.open_files"));
  EXPECT_THAT(with(R"({"open_files":16})"), Status(201));
  EXPECT_THAT(with(R"({"processes":0})"), RefusedField("invalid_field", "limits.processes"));
  EXPECT_THAT(with(R"({"processes":1.5})"), RefusedField("invalid_field", "limits.processes"));
  EXPECT_THAT(with(R"({"proceses":5})"), RefusedField("unknown_field", "limits.proceses"));
  EXPECT_THAT(with("7"), RefusedField("invalid_field", "limits"));
  EXPECT_THAT(create_with(R"("limits":{"processes":5})"), RefusedField("invalid_field", "limits")) << "of a builtin";
}

TEST_F(Versions, ABuiltinIsShownAsItWasGiven) {
  const Answer made = create_with_runner(R"({"type":"builtin","handler":"echo"})");
  EXPECT_THAT(made, Status(201));
  EXPECT_EQ(made.json()["runner"], Json({{"type", "builtin"}, {"handler", "echo"}}));
  EXPECT_EQ(made.json()["timeout_seconds"], nullptr);
  EXPECT_EQ(made.json()["env"], Json::object());
}

TEST_F(Versions, AreCountedWithinTheirDeployment) {
  new_version();
  EXPECT_EQ(create_with_runner(R"({"type":"builtin","handler":"echo"})").json()["number"], 2);
  EXPECT_EQ(
      post("/v1/deployments/" + new_deployment() + "/versions", R"({"runner":{"type":"builtin","handler":"echo"}})")
          .json()["number"],
      1);
}

TEST_F(Versions, EnvironmentPutsItLiveThereOnly) {
  const Answer made = create_with(R"("environment":"staging")");
  ASSERT_THAT(made, Status(201));
  const Json live = get(of_deployment("/environments")).json()["environments"];
  EXPECT_EQ(live[0]["version_id"], nullptr);
  EXPECT_EQ(live[1]["version_id"], made.id());
}

TEST_F(Versions, RunnersAreChecked) {
  EXPECT_THAT(create("{}"), RefusedField("invalid_field", "runner"));
  EXPECT_THAT(create_with_runner("null"), RefusedField("invalid_field", "runner"));
  EXPECT_THAT(create_with_runner(R"("echo")"), RefusedField("invalid_field", "runner"));
  EXPECT_THAT(create_with_runner("{}"), RefusedField("invalid_field", "runner.type"));
  EXPECT_THAT(create_with_runner(R"({"type":"docker"})"), RefusedField("invalid_field", "runner.type"));
  EXPECT_THAT(create_with_runner(R"({"type":"builtin"})"), RefusedField("invalid_field", "runner.handler"));
  EXPECT_THAT(create_with_runner(R"({"type":"builtin","handler":"nothing"})"),
              RefusedField("invalid_field", "runner.handler"));
  EXPECT_THAT(create_with_runner(R"({"type":"builtin","handler":"echo","command":["true"]})"),
              RefusedField("unknown_field", "runner.command"));
  EXPECT_THAT(create_with_runner(R"({"type":"builtin","type":"builtin","handler":"echo"})"),
              RefusedField("invalid_field", "runner.type"));
  EXPECT_THAT(get(of_deployment("/versions")).json()["versions"], testing::IsEmpty());
}

TEST_F(Versions, CommandsAreChecked) {
  for (const char* command : {"[]", R"([""])", R"("true")", "[1]", R"(["true",null])", R"(["a\u0000b"])", "null"}) {
    EXPECT_THAT(create_with_runner(R"({"type":"command","command":)" + std::string(command) + "}"),
                RefusedField("invalid_field", "runner.command"))
        << command;
  }
  const Json words(std::vector<std::string>(1001, "x"));
  EXPECT_THAT(create_with_runner(Json({{"type", "command"}, {"command", words}}).dump()),
              RefusedField("invalid_field", "runner.command"));
  EXPECT_THAT(create_with_runner(Json({{"type", "command"}, {"command", {std::string(100'001, 'x')}}}).dump()),
              RefusedField("invalid_field", "runner.command"));
  EXPECT_THAT(create_with_runner(R"({"type":"command","command":["true"],"working_dir":"a\u0000b"})"),
              RefusedField("invalid_field", "runner.working_dir"));
  EXPECT_THAT(create_with_runner(R"({"type":"command","command":["true"],"working_dir":7})"),
              RefusedField("invalid_field", "runner.working_dir"));
}

TEST_F(Versions, EnvironmentVariablesAreChecked) {
  EXPECT_THAT(create_with(R"("env":["A=1"])"), RefusedField("invalid_field", "env"));
  EXPECT_THAT(create_with(R"("env":{"A":1})"), RefusedField("invalid_field", "env.A"));
  EXPECT_THAT(create_with(R"("env":{"1A":""})"), RefusedField("invalid_field", "env.1A"));
  EXPECT_THAT(create_with(R"("env":{"CREWSHIP_RUN_ID":"x"})"), RefusedField("invalid_field", "env.CREWSHIP_RUN_ID"));
  EXPECT_THAT(create_with(R"("env":{"A":"\u0000"})"), RefusedField("invalid_field", "env.A"));
  EXPECT_THAT(create_with(R"("env":{"A":"1","A":"2"})"), RefusedField("invalid_field", "env.A"));
  Json env = Json::object();
  for (int i = 0; i < 201; ++i) env["V" + std::to_string(i)] = "";
  EXPECT_THAT(create_with("\"env\":" + env.dump()), RefusedField("invalid_field", "env"));
}

TEST_F(Versions, TimeLimitsAreChecked) {
  for (const char* limit : {"0", "-1", "1.5", "\"60\"", "true", "31536001", "18446744073709551615", "1e30"}) {
    EXPECT_THAT(create_with("\"timeout_seconds\":" + std::string(limit)),
                RefusedField("invalid_field", "timeout_seconds"))
        << limit;
  }
  EXPECT_THAT(create_with("\"timeout_seconds\":1"), Status(201));
  EXPECT_THAT(create_with("\"timeout_seconds\":31536000"), Status(201));
}

TEST_F(Versions, EnvironmentsAreChecked) {
  for (const char* environment : {"\"qa\"", "1", "[]"}) {
    EXPECT_THAT(create_with("\"environment\":" + std::string(environment)),
                RefusedField("invalid_field", "environment"))
        << environment;
  }
  EXPECT_THAT(create_with(R"("enviroment":"staging")"), RefusedField("unknown_field", "enviroment"));
}

}  // namespace
}  // namespace crewship
