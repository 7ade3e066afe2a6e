// The log's own thread: nothing is lost while somebody reads, and nobody waits for one who does not.
#include <crewship/base/log_writer.hpp>

#include <array>
#include <csignal>
#include <string>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include <crewship/base/log.hpp>
#include <crewship/base/unique_fd.hpp>

namespace crewship {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    reading = UniqueFd(ends[0]);
    writing = UniqueFd(ends[1]);
  }
  std::string read_all() {
    writing.reset();
    std::string text;
    std::array<char, 65536> buffer{};
    for (ssize_t size = 0; (size = ::read(reading.get(), buffer.data(), buffer.size())) > 0;) {
      text.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return text;
  }
  UniqueFd reading;
  UniqueFd writing;
};

constexpr std::chrono::milliseconds no_patience{0};

TEST(LogWriter, WritesAllLinesBeforeItEnds) {
  Pipe pipe;
  std::string text;
  std::thread reader;
  {
    const UniqueFd end(::dup(pipe.writing.get()));
    reader = std::thread([&] { text = pipe.read_all(); });
    const LogWriter writer(end.get());
    for (int line = 0; line < 5000; ++line) log_info("line", {{"number", line}});
  }
  reader.join();
  EXPECT_EQ(std::ranges::count(text, '\n'), 5000);
  EXPECT_THAT(text, HasSubstr("line  number=0\n"));
  EXPECT_THAT(text, EndsWith("line  number=4999\n"));
}

TEST(LogWriter, WhatIsLoggedRightAfterAWriteNeedsNoOtherLineToComeOut) {
  Pipe pipe;
  const LogWriter writer(pipe.writing.get());
  std::string text;
  std::array<char, 4096> buffer{};
  for (int line = 1; line <= 3; ++line) {
    log_info("line", {{"number", line}});
    while (std::ranges::count(text, '\n') < line) {
      const ssize_t size = ::read(pipe.reading.get(), buffer.data(), buffer.size());
      ASSERT_GT(size, 0);
      text.append(buffer.data(), static_cast<std::size_t>(size));
    }
  }
  EXPECT_THAT(text, EndsWith("line  number=3\n"));
}

TEST(LogWriter, NobodyWaitsForAReaderWhoDoesNotRead) {
  Pipe pipe;
  const auto before = dropped_log_lines();
  {
    const LogWriter writer(pipe.writing.get(), {.waiting_bytes = 100'000, .patience = no_patience});
    const std::string much(1000, 'x');
    for (int line = 0; line < 1000; ++line) log_info("line", {{"much", much}});
    EXPECT_GT(dropped_log_lines(), before);
  }
  const std::string text = pipe.read_all();
  EXPECT_EQ(static_cast<std::uint64_t>(std::ranges::count(text, '\n')) + dropped_log_lines() - before, 1000)
      << "what is not written is counted";
}

TEST(LogWriter, SaysHowManyLinesItLeftOut) {
  Pipe pipe;
  std::string text;
  std::thread reader;
  const auto before = dropped_log_lines();
  {
    const UniqueFd end(::dup(pipe.writing.get()));
    const LogWriter writer(end.get(), {.waiting_bytes = 100'000, .patience = std::chrono::minutes(1)});
    const std::string much(1000, 'x');
    for (int line = 0; line < 1000; ++line) log_info("line", {{"much", much}});
    reader = std::thread([&] { text = pipe.read_all(); });
    LogWriter::flush();
    log_info("after it");
  }
  reader.join();
  const auto left_out = dropped_log_lines() - before;
  EXPECT_GT(left_out, 0);
  const std::string words = "WARN  log lines left out; whoever reads the log is too slow  lines=";
  std::uint64_t told = 0;
  std::uint64_t tellings = 0;  // more than one when there was room in between
  for (auto place = text.find(words); place != std::string::npos; place = text.find(words, place + 1)) {
    told += std::stoull(text.substr(place + words.size()));
    ++tellings;
  }
  EXPECT_EQ(told, left_out);
  EXPECT_THAT(text, EndsWith("after it\n"));
  EXPECT_EQ(static_cast<std::uint64_t>(std::ranges::count(text, '\n')) + left_out, 1000 + 1 + tellings);
}

TEST(LogWriter, ADescriptorThatTakesNothingIsNoTrouble) {
  Pipe pipe;
  std::signal(SIGPIPE, SIG_IGN);
  pipe.reading.reset();
  const auto before = dropped_log_lines();
  {
    const LogWriter writer(pipe.writing.get());
    log_info("into nothing");
  }
  EXPECT_EQ(dropped_log_lines() - before, 1);
}

}  // namespace
}  // namespace crewship
