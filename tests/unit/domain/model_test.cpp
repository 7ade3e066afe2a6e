// The words of the API and the database; a changed word breaks callers and old rows.
#include <crewship/domain/model.hpp>

#include <string_view>

#include <gtest/gtest.h>

#include <crewship/domain/delivery.hpp>
#include <crewship/domain/run.hpp>

namespace crewship {
namespace {

template <class Enum>
void expect_word(Enum value, std::string_view word, std::optional<Enum> (*parse)(std::string_view)) {
  EXPECT_EQ(to_string(value), word);
  EXPECT_EQ(parse(word), value) << word;
}

TEST(Words, OfEnvironments) {
  expect_word(Environment::production, "production", parse_environment);
  expect_word(Environment::staging, "staging", parse_environment);
  for (const std::string_view text : {"", "Production", "prod", "staging ", "development"}) {
    EXPECT_FALSE(parse_environment(text)) << text;
  }
}

TEST(Words, OfEvents) {
  expect_word(EventType::run_succeeded, "run.succeeded", parse_event_type);
  expect_word(EventType::run_failed, "run.failed", parse_event_type);
  expect_word(EventType::webhook_test, "webhook.test", parse_event_type);
  for (const std::string_view text : {"", "run.canceled", "run_succeeded", "run.", "RUN.FAILED"}) {
    EXPECT_FALSE(parse_event_type(text)) << text;
  }
}

TEST(Words, OfRuns) {
  expect_word(RunStatus::pending, "pending", parse_run_status);
  expect_word(RunStatus::running, "running", parse_run_status);
  expect_word(RunStatus::succeeded, "succeeded", parse_run_status);
  expect_word(RunStatus::failed, "failed", parse_run_status);
  expect_word(RunStatus::canceled, "canceled", parse_run_status);
  for (const std::string_view text : {"", "cancelled", "Running", "success"}) EXPECT_FALSE(parse_run_status(text));
}

TEST(Words, OfDeliveriesAndAttempts) {
  expect_word(DeliveryStatus::pending, "pending", parse_delivery_status);
  expect_word(DeliveryStatus::succeeded, "succeeded", parse_delivery_status);
  expect_word(DeliveryStatus::failed, "failed", parse_delivery_status);
  EXPECT_FALSE(parse_delivery_status("in_flight"));
  expect_word(AttemptStatus::in_flight, "in_flight", parse_attempt_status);
  expect_word(AttemptStatus::succeeded, "succeeded", parse_attempt_status);
  expect_word(AttemptStatus::failed, "failed", parse_attempt_status);
  expect_word(AttemptStatus::in_doubt, "in_doubt", parse_attempt_status);
  EXPECT_FALSE(parse_attempt_status("pending"));
}

}  // namespace
}  // namespace crewship
