// Which traceparent is believed, and what is passed on of it.
#include <crewship/domain/trace_context.hpp>

#include <string>

#include <gtest/gtest.h>

namespace crewship {
namespace {

// The example of the specification, §3.2.3.
const std::string received = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(TraceContext, AValidTraceparentIsKept) {
  EXPECT_EQ(parse_traceparent(received), received);
  EXPECT_EQ(parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"),
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
}

TEST(TraceContext, OfTheFlagsOnlySampledIsKnown) {
  const auto flags = [](std::string_view sent) {
    return parse_traceparent(received.substr(0, 53) + std::string(sent)).value_or("?").substr(53);
  };
  EXPECT_EQ(flags("ff"), "01");
  EXPECT_EQ(flags("03"), "01");
  EXPECT_EQ(flags("fe"), "00");
}

TEST(TraceContext, ALaterVersionIsReadAsFarAsItIsKnown) {
  const std::string rest = received.substr(2);
  EXPECT_EQ(parse_traceparent("01" + rest), received);
  EXPECT_EQ(parse_traceparent("cc" + rest + "-what-the-future-brings"), received);
  EXPECT_EQ(parse_traceparent("cc" + rest + "."), std::nullopt);
  EXPECT_EQ(parse_traceparent("ff" + rest), std::nullopt);
}

TEST(TraceContext, WhatIsNotValidIsNoTrace) {
  for (const char* sent : {
           "", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",  // version 00 ends there
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-011",  //
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01",   // upper case
           "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",   //
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902bg-01",   //
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",   //
           "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",   //
           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",   // no trace id
           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",   // no span id
           "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",   //
           "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",   //
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01",   //
           " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",  //
       }) {
    EXPECT_EQ(parse_traceparent(sent), std::nullopt) << sent;
  }
}

const RunId run_id = RunId::trusted("run_01jhmvk3x8000g40r40m30e209");  // digits that are easy to follow

Run run_of(std::string traceparent) {
  Run run;
  run.id = run_id;
  run.received_traceparent = std::move(traceparent);
  return run;
}

TEST(TraceContext, ARunGoesOnWithItsCallersTrace) {
  const crewship::Run run = run_of(received);
  EXPECT_EQ(trace_id_of(run), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(traceparent_of(run),
            "00-4bf92f3577b34da6a3ce929d0e0e4736-" + hexadecimal_of_id(run_id.text()).substr(16) + "-01");
  EXPECT_TRUE(traceparent_of(run_of(received.substr(0, 53) + "00")).ends_with("-00")) << "the caller records nothing";
}

TEST(TraceContext, WithoutACallersTheTraceBeginsWithTheRun) {
  const crewship::Run run = run_of("");
  EXPECT_EQ(trace_id_of(run), hexadecimal_of_id(run_id.text()));
  EXPECT_EQ(parse_traceparent(traceparent_of(run)), traceparent_of(run));
  EXPECT_TRUE(traceparent_of(run).ends_with("-01"));
}

TEST(TraceContext, EachAttemptIsASpanOfItsRunsTrace) {
  Delivery delivery;
  delivery.id = DeliveryId::trusted("dlv_01jhmvk3x8000000000000000z");
  delivery.run_id = run_id;
  const auto first = traceparent_of(delivery, AttemptId::trusted("att_01jhmvk3x8000000000000000a"));
  const auto second = traceparent_of(delivery, AttemptId::trusted("att_01jhmvk3x8000000000000000b"));
  EXPECT_EQ(first, "00-" + trace_id_of(run_of("")) + "-000000000000000a-01");
  EXPECT_EQ(second, "00-" + trace_id_of(run_of("")) + "-000000000000000b-01");
  delivery.received_traceparent = received;
  EXPECT_EQ(traceparent_of(delivery, AttemptId::trusted("att_01jhmvk3x8000000000000000a")),
            "00-4bf92f3577b34da6a3ce929d0e0e4736-000000000000000a-01");
}

TEST(TraceContext, ATestEventHasATraceOfItsOwn) {
  Delivery delivery;
  delivery.id = DeliveryId::trusted("dlv_01jhmvk3x8000000000000000z");
  EXPECT_EQ(traceparent_of(delivery, AttemptId::trusted("att_01jhmvk3x8000000000000000a")),
            "00-" + hexadecimal_of_id(delivery.id.text()) + "-000000000000000a-01");
}

TEST(TraceContext, ASpanIdIsNeverAllZeros) {
  crewship::Run run;
  run.id = RunId::trusted("run_01jhmvk3x80000000000000000");
  EXPECT_TRUE(parse_traceparent(traceparent_of(run)));
}

}  // namespace
}  // namespace crewship
