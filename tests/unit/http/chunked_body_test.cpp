// Chunked bodies: what is refused, and that it makes no difference how the bytes arrive.
#include <crewship/http/chunked_body.hpp>

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "raw_requests.hpp"

namespace crewship {
namespace {

struct Read {
  std::string body;
  std::size_t taken = 0;
  bool complete = false;
  int status = 0;  // of the refusal
};

Read read_body(std::string_view bytes, std::size_t step, std::size_t max_body_bytes = 1048576) {
  ChunkedBody chunks(max_body_bytes);
  Read read;
  while (read.taken < bytes.size() && !chunks.complete()) {
    const auto taken = chunks.feed(bytes.substr(read.taken, step), read.body);
    if (!taken) {
      read.status = taken.error().status;
      return read;
    }
    read.taken += *taken;
  }
  read.complete = chunks.complete();
  return read;
}

TEST(ChunkedBody, RefusesWhatCouldBeReadInTwoWays) {
  for (const auto& [what, bytes, status] : refused_bodies()) {
    const std::size_t head_bytes = bytes.find("\r\n\r\n") + 4;
    if (bytes.find("chunked") > head_bytes) continue;
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, bytes.size()}) {
      EXPECT_EQ(read_body(std::string_view(bytes).substr(head_bytes), step).status, status) << what;
    }
  }
}

TEST(ChunkedBody, ReadsTheSameHoweverItArrives) {
  const std::string bytes =
      "3\r\nabc\r\n00a;name=\"quoted \\\" text\"\r\n0123456789\r\nF;x\r\n\r\n0\r\n\r\nabcdefgh\r\n"
      "00000;last\r\nTrailer: value\r\nOther:\r\n\r\n";
  for (std::size_t step = 1; step <= bytes.size() + 4; ++step) {
    const Read read = read_body(bytes + "NEXT", step);
    EXPECT_EQ(read.body, "abc0123456789\r\n0\r\n\r\nabcdefgh") << step;
    EXPECT_TRUE(read.complete);
    EXPECT_EQ(read.taken, bytes.size()) << "what follows is left alone";
  }
}

TEST(ChunkedBody, IsNotCompleteBeforeItsLastByte) {
  const std::string bytes = "1\r\nx\r\n0\r\n\r\n";
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(read_body(std::string_view(bytes).substr(0, length), 1).complete) << length;
}

TEST(ChunkedBody, TheLimitIsForAllChunksTogether) {
  EXPECT_EQ(read_body("5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n", 1, 10).body, "helloworld");
  EXPECT_EQ(read_body("5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n", 1, 9).status, 413);
  EXPECT_EQ(read_body("0\r\n\r\n", 1, 0).status, 0);
  EXPECT_EQ(read_body("1\r\nx", 4, 0).status, 413);
}

}  // namespace
}  // namespace crewship
