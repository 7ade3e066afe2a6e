#include "dns_channel.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

#include <ares.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace crewship {
namespace {

constexpr int tries = 3;

// c-ares counts these calls, so it may be done for each channel.
int init_library() { return ares_library_init(ARES_LIB_INIT_ALL); }

std::optional<asio::ip::address> to_address(const ares_addrinfo_node& node) {
  if (node.ai_family == AF_INET && node.ai_addrlen >= sizeof(sockaddr_in)) {
    sockaddr_in from{};
    std::memcpy(&from, node.ai_addr, sizeof from);
    asio::ip::address_v4::bytes_type bytes{};
    std::memcpy(bytes.data(), &from.sin_addr, bytes.size());
    return asio::ip::address_v4(bytes);
  }
  if (node.ai_family == AF_INET6 && node.ai_addrlen >= sizeof(sockaddr_in6)) {
    sockaddr_in6 from{};
    std::memcpy(&from, node.ai_addr, sizeof from);
    asio::ip::address_v6::bytes_type bytes{};
    std::memcpy(bytes.data(), &from.sin6_addr, bytes.size());
    return asio::ip::address_v6(bytes);
  }
  return std::nullopt;
}

}  // namespace

DnsChannel::DnsChannel(Key, Executor executor) : executor_(std::move(executor)), timer_(executor_) {}

std::shared_ptr<DnsChannel> DnsChannel::make(const Executor& executor, const DnsOptions& options) {
  if (init_library() != ARES_SUCCESS) return nullptr;
  auto made = std::make_shared<DnsChannel>(Key(), executor);

  std::string resolv_conf = options.resolv_conf.string();
  ares_options settings{};
  settings.flags = ARES_FLAG_NOALIASES;  // HOSTALIASES in the environment is for people at a shell
  settings.timeout = static_cast<int>(options.try_timeout.count());
  settings.tries = tries;
  settings.udp_port = options.port;
  settings.tcp_port = options.port;
  settings.resolvconf_path = resolv_conf.data();
  settings.sock_state_cb = [](void* self, ares_socket_t fd, int readable, int writable) {
    static_cast<DnsChannel*>(self)->socket_changed(fd, readable != 0, writable != 0);
  };
  settings.sock_state_cb_data = made.get();
  const int given = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_UDP_PORT | ARES_OPT_TCP_PORT |
                    ARES_OPT_RESOLVCONF | ARES_OPT_SOCK_STATE_CB;
  if (ares_init_options(&made->channel_, &settings, given) != ARES_SUCCESS) {
    made->channel_ = nullptr;
    return nullptr;
  }
  return made;
}

DnsChannel::~DnsChannel() {
  close();
  ares_library_cleanup();
}

void DnsChannel::close() {
  if (channel_ == nullptr) return;
  ares_destroy(std::exchange(channel_, nullptr));  // ends the queries, closes the sockets
  timer_.cancel();
}

void DnsChannel::look_up(const std::string& name, const std::shared_ptr<DnsQuery>& query) {
  if (channel_ == nullptr) {
    query->status = ARES_EDESTRUCTION;
    query->ended = true;
    return;
  }
  queries_.emplace(query.get(), query);
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  query->channel = this;
  ares_getaddrinfo(
      channel_, name.c_str(), nullptr, &hints,
      [](void* argument, int status, int /*timeouts*/, ares_addrinfo* result) {
        auto* const ended = static_cast<DnsQuery*>(argument);
        ended->channel->query_ended(ended, status, result);
        if (result != nullptr) ares_freeaddrinfo(result);
      },
      query.get());
  set_timer();
}

void DnsChannel::query_ended(DnsQuery* query, int status, const ares_addrinfo* result) {
  const auto found = queries_.find(query);
  if (found == queries_.end()) return;
  const std::shared_ptr<DnsQuery> keep = std::move(found->second);
  queries_.erase(found);
  keep->status = status;
  for (const auto* node = result != nullptr ? result->nodes : nullptr; node != nullptr; node = node->ai_next) {
    const auto address = to_address(*node);
    if (address && std::ranges::find(keep->addresses, *address) == keep->addresses.end()) {
      keep->addresses.push_back(*address);
    }
  }
  keep->ended = true;
  keep->done->wake();
}

// Called by c-ares before it closes a socket, so that the descriptor can be let go of while it is still this one.
void DnsChannel::socket_changed(int fd, bool readable, bool writable) {
  const auto found = watches_.find(fd);
  if (!readable && !writable) {
    if (found == watches_.end()) return;
    found->second->wants_read = found->second->wants_write = false;
    found->second->descriptor.release();
    watches_.erase(found);
    return;
  }
  std::shared_ptr<Watch>& watch =
      found != watches_.end()
          ? found->second
          : watches_.emplace(fd, std::make_shared<Watch>(StreamDescriptor(executor_, fd))).first->second;
  watch->wants_read = readable;
  watch->wants_write = writable;
  wait_for(watch, fd);
}

void DnsChannel::wait_for(const std::shared_ptr<Watch>& watch, int fd) {
  const std::weak_ptr<DnsChannel> self = weak_from_this();
  if (watch->wants_read && !std::exchange(watch->waits_read, true)) {
    watch->descriptor.async_wait(StreamDescriptor::wait_read, [self, watch, fd](const boost::system::error_code&) {
      if (const auto channel = self.lock()) channel->ready(watch, fd, true);
    });
  }
  if (watch->wants_write && !std::exchange(watch->waits_write, true)) {
    watch->descriptor.async_wait(StreamDescriptor::wait_write, [self, watch, fd](const boost::system::error_code&) {
      if (const auto channel = self.lock()) channel->ready(watch, fd, false);
    });
  }
}

void DnsChannel::ready(const std::shared_ptr<Watch>& watch, int fd, bool to_read) {
  (to_read ? watch->waits_read : watch->waits_write) = false;
  // c-ares may have closed this socket and opened another one of the same number.
  const auto current = [&] {
    const auto found = watches_.find(fd);
    return found != watches_.end() && found->second == watch;
  };
  if (channel_ == nullptr || !current()) return;
  ares_process_fd(channel_, to_read ? fd : ARES_SOCKET_BAD, to_read ? ARES_SOCKET_BAD : fd);
  if (current()) wait_for(watch, fd);
  set_timer();
}

void DnsChannel::set_timer() {
  timeval left{};
  if (channel_ == nullptr || ares_timeout(channel_, nullptr, &left) == nullptr) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec));
  timer_.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
    const auto channel = self.lock();
    if (error || !channel || channel->channel_ == nullptr) return;
    ares_process_fd(channel->channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    channel->set_timer();
  });
}

}  // namespace crewship
