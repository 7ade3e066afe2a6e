// One c-ares channel on the loop: its sockets are watched, and its timer kept, so that no query blocks. The server
// addresses are those of resolv.conf at the moment it was made. c-ares cannot end a single query: what nobody waits for
// any more is dropped when its answer comes. Loop thread; held by Resolver and by the look-ups that wait.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include <crewship/base/asio.hpp>
#include <crewship/base/clock.hpp>
#include <crewship/base/stream_descriptor.hpp>
#include <crewship/http/client.hpp>

struct ares_channeldata;
struct ares_addrinfo;

namespace crewship {

class DnsChannel;

// What one query came to; `done` is woken when `ended` is set.
struct DnsQuery {
  DnsChannel* channel = nullptr;  // the one that answers
  std::unique_ptr<Timer> done;
  bool ended = false;
  int status = 0;  // ARES_SUCCESS or another ARES_ code
  std::vector<asio::ip::address> addresses;
};

class DnsChannel : public std::enable_shared_from_this<DnsChannel> {
  class Key {
    friend DnsChannel;
    Key() = default;
  };

 public:
  DnsChannel(Key, Executor executor);  // for make()
  // Null when c-ares cannot be set up: resolv.conf cannot be read, or there is no memory.
  static std::shared_ptr<DnsChannel> make(const Executor& executor, const DnsOptions& options);
  ~DnsChannel();
  DnsChannel(const DnsChannel&) = delete;
  DnsChannel& operator=(const DnsChannel&) = delete;

  // The query may end before this returns: the hosts file needs no waiting.
  void look_up(const std::string& name, const std::shared_ptr<DnsQuery>& query);
  // Ends all queries.
  void close();

 private:
  struct Watch {
    explicit Watch(StreamDescriptor d) : descriptor(std::move(d)) {}
    StreamDescriptor descriptor;
    bool wants_read = false;
    bool wants_write = false;
    bool waits_read = false;
    bool waits_write = false;
  };

  void socket_changed(int fd, bool readable, bool writable);
  void wait_for(const std::shared_ptr<Watch>& watch, int fd);
  void ready(const std::shared_ptr<Watch>& watch, int fd, bool to_read);
  void query_ended(DnsQuery* query, int status, const ares_addrinfo* result);
  void set_timer();

  Executor executor_;
  SteadyTimer timer_;  // not Clock's: c-ares reads the real time itself
  ares_channeldata* channel_ = nullptr;
  std::unordered_map<int, std::shared_ptr<Watch>> watches_;
  std::unordered_map<DnsQuery*, std::shared_ptr<DnsQuery>> queries_;
};

}  // namespace crewship
