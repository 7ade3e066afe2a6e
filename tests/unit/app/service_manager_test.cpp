// What systemd hears, on a socket as it makes one.
#include "../../../src/app/service_manager.hpp"

#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_clock.hpp"
#include "support/run_loop.hpp"
#include "support/temp_dir.hpp"

namespace crewship {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

class ServiceManagerTest : public testing::Test {
 protected:
  void listen_at(std::string name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    socket_ = UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), length), 0) << std::strerror(errno);
    environment_.notify_socket = name;
  }
  void listen() { listen_at((folder_ / "notify").string()); }

  std::vector<std::string> heard() {
    std::vector<std::string> messages;
    std::array<char, 256> space{};
    for (ssize_t size = 0; (size = ::recv(socket_.get(), space.data(), space.size(), MSG_DONTWAIT)) >= 0;) {
      messages.emplace_back(space.data(), static_cast<std::size_t>(size));
    }
    return messages;
  }

  TempDir folder_;
  UniqueFd socket_;
  RunLoop loop_;
  FakeClock clock_;
  ServiceManager::Environment environment_;
};

TEST_F(ServiceManagerTest, HearsOfStartReloadAndStop) {
  listen();
  ServiceManager manager(environment_, clock_);
  manager.reloading();
  manager.reloaded();
  EXPECT_THAT(heard(), IsEmpty()) << "a signal during the start must not say that it is through";
  manager.ready();
  manager.reloading();
  manager.reloaded();
  manager.stopping(90s);
  manager.reloading();
  manager.reloaded();
  EXPECT_THAT(heard(), ElementsAre("READY=1", StartsWith("RELOADING=1\nMONOTONIC_USEC="), "READY=1",
                                   "STOPPING=1\nEXTEND_TIMEOUT_USEC=90000000"));
}

TEST_F(ServiceManagerTest, IsReachedAtAnAbstractAddress) {
  listen_at("@crewship-test-" + std::to_string(::getpid()));
  ServiceManager(environment_, clock_).ready();
  EXPECT_THAT(heard(), ElementsAre("READY=1"));
}

TEST_F(ServiceManagerTest, IsFedTwiceInEachPeriodOfTheWatchdog) {
  listen();
  environment_.watchdog_usec = "30000000";
  environment_.watchdog_pid = std::to_string(::getpid());
  ServiceManager manager(environment_, clock_);
  asio::cancellation_signal stop;
  bool ended = false;
  asio::co_spawn(loop_.context(), manager.feed_watchdog(loop_.executor()),
                 asio::bind_cancellation_slot(stop.slot(), [&ended](const std::exception_ptr&) { ended = true; }));
  loop_.poll();
  EXPECT_THAT(heard(), ElementsAre("WATCHDOG=1"));
  clock_.advance(14999ms);
  loop_.poll();
  EXPECT_THAT(heard(), IsEmpty());
  clock_.advance(1ms);
  loop_.poll();
  EXPECT_THAT(heard(), ElementsAre("WATCHDOG=1"));
  stop.emit(asio::cancellation_type::terminal);
  loop_.until([&ended] { return ended; });
}

TEST_F(ServiceManagerTest, WhatIsMeantForAnotherProcessOrIsNoNumberFeedsNothing) {
  listen();
  for (const auto& [usec, pid] : std::vector<std::pair<std::string, std::string>>{
           {"", ""}, {"30000000", "1"}, {"soon", ""}, {"-5", ""}, {"30000000x", ""}}) {
    environment_.watchdog_usec = usec;
    environment_.watchdog_pid = pid;
    ServiceManager manager(environment_, clock_);
    loop_.run(manager.feed_watchdog(loop_.executor()));
    EXPECT_THAT(heard(), IsEmpty()) << usec << " " << pid;
  }
}

TEST_F(ServiceManagerTest, NobodyThereIsNoHarm) {
  for (const std::string& name :
       {std::string(), std::string("relative"), (folder_ / "nobody").string(), "/" + std::string(200, 'a')}) {
    environment_.notify_socket = name;
    ServiceManager manager(environment_, clock_);
    manager.ready();
    manager.stopping(1s);
  }
}

}  // namespace
}  // namespace crewship
