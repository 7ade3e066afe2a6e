#include "../../../src/runs/readable.hpp"

#include <cstdint>

#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace crewship {
namespace {

using Descriptor = StreamDescriptor;

void raise(Descriptor& event) {
  const std::uint64_t one = 1;
  ASSERT_EQ(::write(event.native_handle(), &one, sizeof one), static_cast<ssize_t>(sizeof one));
}

void lower(Descriptor& event) {
  std::uint64_t value = 0;
  ASSERT_EQ(::read(event.native_handle(), &value, sizeof value), static_cast<ssize_t>(sizeof value));
}

Task<void> lower_when(Descriptor& first, Descriptor& second) {
  co_await wait_until_readable(first);
  lower(second);
}

Task<void> note_when(Descriptor& event, bool& readable) { readable = !co_await wait_until_readable(event); }

TEST(WaitUntilReadable, IsNotFooledByAnEventThatIsNotTrueAnyMore) {
  asio::io_context loop(1);
  Descriptor first(loop, ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  Descriptor second(loop, ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  bool readable = false;
  asio::co_spawn(loop, lower_when(first, second), asio::detached);
  asio::co_spawn(loop, note_when(second, readable), asio::detached);
  loop.poll();
  // Both are in one batch of events; the first handler makes the second event untrue.
  raise(first);
  raise(second);
  loop.poll();
  EXPECT_FALSE(readable);
  raise(second);
  loop.poll();
  EXPECT_TRUE(readable);
}

}  // namespace
}  // namespace crewship
