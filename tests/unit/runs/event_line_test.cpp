#include "../../../src/runs/event_line.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace crewship {
namespace {

using testing::HasSubstr;

std::string accepted(std::string_view line) {
  const auto event = parse_event_line(line);
  return event ? event->type + " " + event->data : "refused: " + event.error();
}

TEST(EventLine, IsTypeAndData) {
  EXPECT_EQ(accepted(R"({"type":"task.started","data":{"task":"research","n":1.0}})"),
            R"(task.started {"task":"research","n":1.0})");
  EXPECT_EQ(accepted(R"( { "data" : [1, 2] , "type" : "tool_use" } )"), "tool_use [1, 2]");
  EXPECT_EQ(accepted(R"({"type":"agent \u00e9","data":"text"})"), R"(agent é "text")");
}

TEST(EventLine, TakesPayloadForDataAndNothingForAnEmptyObject) {
  EXPECT_EQ(accepted(R"({"type":"a","payload":{"x":1}})"), R"(a {"x":1})");
  EXPECT_EQ(accepted(R"({"type":"a","payload":1,"data":2})"), "a 2");
  EXPECT_EQ(accepted(R"({"type":"a","data":null})"), "a null");
  EXPECT_EQ(accepted(R"({"type":"a","time":"now"})"), "a {}");
}

TEST(EventLine, DataHasNoLineBreaks) {
  EXPECT_EQ(accepted("{\"type\":\"a\",\"data\":{\r\"x\":\r1}}"), R"(a { "x": 1})");
  EXPECT_EQ(accepted(R"({"type":"a","data":"two\r\nlines"})"), R"(a "two\r\nlines")");
}

TEST(EventLine, SaysWhatIsWrong) {
  EXPECT_THAT(accepted("hello"), HasSubstr("it is not a JSON object"));
  EXPECT_THAT(accepted("[1]"), HasSubstr("it is not a JSON object"));
  EXPECT_THAT(accepted("{\"type\":\"a\",\"data\":\"\xff\"}"), HasSubstr("it is not a JSON object"));
  for (const char* line : {"{}", R"({"type":1})", R"({"type":""})", R"({"type":null,"data":{}})"}) {
    EXPECT_THAT(accepted(line), HasSubstr("it has no \"type\"")) << line;
  }
}

TEST(EventLine, CannotPassForWhatTheDaemonSays) {
  for (const std::string type : {"run.started", "run.completed", "run.failed", "run.canceled", "complete"}) {
    EXPECT_THAT(accepted(R"({"type":")" + type + R"("})"), HasSubstr("is the daemon's own"));
  }
  EXPECT_THAT(accepted(R"({"type":"compl\u0065te"})"), HasSubstr("is the daemon's own"));
}

TEST(EventLine, LogDataIsAMessageAndALevel) {
  const auto warned = parse_log_data(R"({"message":"careful","level":"warning"})");
  ASSERT_TRUE(warned);
  EXPECT_EQ(warned->level, "warning");
  EXPECT_EQ(warned->message, "careful");
  EXPECT_EQ(parse_log_data(R"({"message":"m","level":"loud"})")->level, "info");
  EXPECT_FALSE(parse_log_data(R"({"level":"info"})"));
  EXPECT_FALSE(parse_log_data(R"("message")"));
}

}  // namespace
}  // namespace crewship
