// How many tokens and keys that open nothing one peer may show a minute, over all doors together. A peer is an IPv4
// address or an IPv6 /64, which is what one subscriber has. It never decides whether a good token opens: callers look
// up first and ask here only about what was not found, so a guesser spoils nothing for others behind the same address.
// Bounded memory, bounded log. Loop thread; owned by App, shared by the doors.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>

#include <boost/asio/ip/address.hpp>

#include <crewship/base/asio.hpp>
#include <crewship/base/clock.hpp>
#include <crewship/base/error.hpp>

namespace crewship {

class GuessLimit {
 public:
  explicit GuessLimit(std::size_t guesses_per_minute);  // 0: no limit
  ~GuessLimit();

  // Counts a token or key that opened nothing. Too many: the error to answer in place of the usual one, the same
  // whatever was wrong with the token. The caller then logs nothing: this does, once a minute.
  std::optional<Error> refuse(const asio::ip::address& peer, SteadyTime now);
  std::size_t peers() const;  // that are remembered

  // More than these share one allowance.
  static constexpr std::size_t max_peers = 16384;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crewship
