// A name server on a loopback address for one test: A and AAAA over UDP. Names it was not told of do not exist. It can
// keep silent, fail, or change its answers while it runs. Runs on the test's loop.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/udp.hpp>

#include <crewship/base/asio.hpp>

namespace crewship {

class DnsServer {
 public:
  enum class Mood { answers, silent, fails, refuses };
  struct Entry {
    std::vector<std::string> addresses;  // none: the name exists without an address
    Mood mood = Mood::answers;
    std::vector<std::string> then_addresses{};  // from the second look-up on, when there are any
  };

  explicit DnsServer(Executor executor, const std::string& address = "127.0.0.1", std::uint16_t port = 0)
      : state_(std::make_shared<State>(std::move(executor),
                                       asio::ip::udp::endpoint(asio::ip::make_address(address), port))) {
    asio::co_spawn(state_->socket.get_executor(), serve(state_), asio::detached);
  }
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;
  ~DnsServer() { close(); }

  std::uint16_t port() const { return state_->port; }
  // `name` in lower case, without a dot at its end.
  void set(const std::string& name, Entry entry) { state_->entries[name] = std::move(entry); }
  const std::vector<std::string>& asked() const { return state_->asked; }  // each question's name, in order
  void close() {
    boost::system::error_code ignored;
    state_->socket.close(ignored);
  }

 private:
  struct State {
    State(Executor executor, const asio::ip::udp::endpoint& endpoint)
        : socket(std::move(executor), endpoint), port(socket.local_endpoint().port()) {}
    asio::basic_datagram_socket<asio::ip::udp, Executor> socket;
    std::uint16_t port;
    std::map<std::string, Entry> entries;
    std::map<std::string, int> times;  // names with then_addresses were asked for
    std::vector<std::string> asked;
  };

  // RFC 1035 §4.1: the header, the question as it came, and one answer record an address.
  static std::string answer(State& state, const std::string& query) {
    constexpr std::size_t header_bytes = 12;
    std::string name;
    std::size_t at = header_bytes;
    while (at < query.size() && query[at] != 0) {
      const auto length = static_cast<std::size_t>(static_cast<unsigned char>(query[at]));
      if (!name.empty()) name += '.';
      name += query.substr(at + 1, length);
      at += length + 1;
    }
    if (at + 5 > query.size()) return "";
    const bool wants_v6 = query[at + 2] == 28;
    const std::string question = query.substr(header_bytes, at + 5 - header_bytes);
    state.asked.push_back(name);

    const auto found = state.entries.find(name);
    const Mood mood = found == state.entries.end() ? Mood::answers : found->second.mood;
    if (mood == Mood::silent) return "";
    char code = found == state.entries.end() ? char{3} : char{0};
    if (mood == Mood::fails) code = 2;
    if (mood == Mood::refuses) code = 5;

    std::string records;
    char count = 0;
    if (code == 0) {
      Entry& entry = found->second;
      // A look-up asks for both kinds of address, in either order.
      if (!entry.then_addresses.empty() && ++state.times[name] > 2) entry.addresses = entry.then_addresses;
      for (const std::string& text : entry.addresses) {
        const auto address = asio::ip::make_address(text);
        if (address.is_v6() != wants_v6) continue;
        ++count;
        records += {'\xc0', '\x0c', 0, static_cast<char>(wants_v6 ? 28 : 1), 0, 1, 0, 0, 0, 60, 0};
        records += static_cast<char>(wants_v6 ? 16 : 4);
        if (wants_v6) {
          for (const auto byte : address.to_v6().to_bytes()) records += static_cast<char>(byte);
        } else {
          for (const auto byte : address.to_v4().to_bytes()) records += static_cast<char>(byte);
        }
      }
    }
    std::string reply = query.substr(0, 2);
    reply += {'\x81', static_cast<char>('\x80' | code), 0, 1, 0, count, 0, 0, 0, 0};
    return reply + question + records;
  }

  static Task<void> serve(std::shared_ptr<State> state) {
    constexpr asio::as_tuple_t<asio::use_awaitable_t<Executor>> as_values{};
    for (;;) {
      std::array<char, 512> datagram{};
      asio::ip::udp::endpoint from;
      auto [error, count] = co_await state->socket.async_receive_from(asio::buffer(datagram), from, as_values);
      if (error) co_return;
      const std::string reply = answer(*state, std::string(datagram.data(), count));
      if (!reply.empty()) co_await state->socket.async_send_to(asio::buffer(reply), from, as_values);
    }
  }

  std::shared_ptr<State> state_;
};

}  // namespace crewship
