#include "service_manager.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <crewship/base/log.hpp>

namespace crewship {
namespace {

long long number(std::string_view text) {
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : 0;
}

}  // namespace

ServiceManager::ServiceManager(const Environment& environment, Clock& clock)
    : clock_(clock), address_(environment.notify_socket) {
  if (address_.size() < 2 || address_.size() >= sizeof(sockaddr_un::sun_path)) return;
  if (address_.front() != '/' && address_.front() != '@') return;
  socket_ = UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const bool for_us = environment.watchdog_pid.empty() || number(environment.watchdog_pid) == ::getpid();
  if (socket_ && for_us) watchdog_ = std::chrono::microseconds(std::max(0LL, number(environment.watchdog_usec)));
}

void ServiceManager::ready() {
  serving_ = true;
  send("READY=1");
}

void ServiceManager::reloading() {
  // systemd compares the time with that of its own request.
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(clock_.steady_now().time_since_epoch());
  if (serving_) send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count()));
}

void ServiceManager::reloaded() {
  if (serving_) send("READY=1");
}

void ServiceManager::stopping(std::chrono::microseconds at_most) {
  serving_ = false;
  send("STOPPING=1\nEXTEND_TIMEOUT_USEC=" + std::to_string(at_most.count()));
}

Task<void> ServiceManager::feed_watchdog(Executor executor) {
  if (watchdog_.count() == 0) co_return;
  const auto timer = clock_.make_timer(std::move(executor));
  while (true) {
    send("WATCHDOG=1");
    co_await timer->wait(watchdog_ / 2);
  }
}

void ServiceManager::send(std::string_view message) {
  if (!socket_) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(address_, address.sun_path);
  if (address_.front() == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);  // NOLINT: what sendto takes
  if (::sendto(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL, generic, length) < 0) {
    log_warning("service manager not told", {{"error", std::strerror(errno)}});
  }
}

}  // namespace crewship
