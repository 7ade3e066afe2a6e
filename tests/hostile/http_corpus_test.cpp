// The corpus of raw requests against the real daemon: each over a connection of its own, and right behind a good
// request in the same bytes, where a lenient server would take a piece of one for the other. What is refused ends its
// connection; after what is taken the connection goes on exactly where it should.
#include <algorithm>
#include <iostream>
#include <iterator>

#include <gtest/gtest.h>
#include <hostile/taken_requests.hpp>
#include <unit/http/raw_requests.hpp>

#include "e2e/daemon.hpp"
#include "e2e/raw_connection.hpp"

namespace crewship::testing_support {
namespace {

constexpr const char* good = "GET /healthz?good HTTP/1.1\r\nHost: localhost\r\n\r\n";

class HttpCorpus : public DaemonTest {
 protected:
  void SetUp() override {
    start({.config = {{"log", {{"level", "info"}}}, {"limits", {{"failed_guesses_per_minute", 0}}}}});
  }
  void TearDown() override {
    EXPECT_EQ(curl({.url = daemon_->url() + "/healthz"}).status, 200);
    DaemonTest::TearDown();
  }

  void expect_refused(RawConnection& connection, int status) {
    const Answer answer = connection.answer();
    ASSERT_EQ(answer.status, status);
    EXPECT_EQ(answer.header("Connection"), "close");
    EXPECT_NE(answer.error_code(), "");
    EXPECT_FALSE(answer.header("X-Request-Id").empty());
    EXPECT_TRUE(connection.closed_by_peer()) << "nothing behind it may be answered";
  }
};

TEST_F(HttpCorpus, WhatCouldBeReadInTwoWaysIsRefused) {
  auto requests = refused_heads();
  std::ranges::move(refused_bodies(), std::back_inserter(requests));
  EXPECT_GE(requests.size(), 150u);
  std::cout << requests.size() << " requests to refuse\n";
  for (const auto& [what, bytes, status] : requests) {
    SCOPED_TRACE(what);
    RawConnection alone(*daemon_);
    alone.send(bytes);
    expect_refused(alone, status);

    RawConnection behind(*daemon_);
    behind.send(good + bytes + good);
    EXPECT_EQ(behind.answer().status, 200);
    expect_refused(behind, status);
  }
}

TEST_F(HttpCorpus, WhatIsWellFormedIsAnsweredAndTheNextRequestIsTheNextRequest) {
  const auto requests = taken_requests();
  std::cout << requests.size() << " requests to take\n";
  for (const auto& [what, bytes, status, closes] : requests) {
    SCOPED_TRACE(what);
    const bool is_head = bytes.starts_with("HEAD ");
    const auto expect_taken = [&](RawConnection& connection) {
      EXPECT_EQ(connection.answer(is_head).status, status);
      if (!closes) {
        // The number of answers is right as well: the last one is to the last request.
        connection.send("GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        EXPECT_EQ(connection.answer().status, 404);
      }
      EXPECT_TRUE(connection.closed_by_peer());
    };
    RawConnection alone(*daemon_);
    alone.send(bytes);
    expect_taken(alone);

    RawConnection behind(*daemon_);
    behind.send(good + bytes);
    EXPECT_EQ(behind.answer().status, 200);
    expect_taken(behind);
  }
}

// Each byte may come in a packet of its own.
TEST_F(HttpCorpus, TheSameInPiecesIsTheSame) {
  for (const auto& [what, bytes, status, closes] : taken_requests()) {
    if (bytes.size() > 200) continue;
    SCOPED_TRACE(what);
    RawConnection connection(*daemon_);
    for (const char byte : bytes) connection.send(std::string_view(&byte, 1));
    EXPECT_EQ(connection.answer(bytes.starts_with("HEAD ")).status, status);
  }
}

}  // namespace
}  // namespace crewship::testing_support
