#include <crewship/ingress/guess_limit.hpp>

#include <string>

#include <crewship/base/log.hpp>

#include "rate_limit.hpp"

namespace crewship {
namespace {

constexpr std::size_t v6_network_bytes = 8;
constexpr auto log_interval = std::chrono::minutes(1);

// The bytes that tell peers apart. An IPv4 peer of an IPv6 listener comes as a mapped address, and all of these lie in
// one /64.
std::string peer_key(const asio::ip::address& peer) {
  if (peer.is_v4() || peer.to_v6().is_v4_mapped()) {
    const auto v4 = peer.is_v4() ? peer.to_v4() : asio::ip::make_address_v4(asio::ip::v4_mapped, peer.to_v6());
    const auto bytes = v4.to_bytes();
    return {bytes.begin(), bytes.end()};
  }
  const auto bytes = peer.to_v6().to_bytes();
  return {bytes.begin(), bytes.begin() + v6_network_bytes};
}

}  // namespace

struct GuessLimit::Impl {
  RateLimit limit;
  std::size_t refused_since_log = 0;
  std::optional<SteadyTime> logged_at{};
};

GuessLimit::GuessLimit(std::size_t guesses_per_minute)
    : impl_(std::make_unique<Impl>(Impl{.limit = RateLimit(guesses_per_minute)})) {}

GuessLimit::~GuessLimit() = default;

std::optional<Error> GuessLimit::refuse(const asio::ip::address& peer, SteadyTime now) {
  Impl& self = *impl_;
  std::string key = peer_key(peer);
  if (self.limit.size() >= max_peers && !self.limit.knows(key)) key = "others";
  const auto wait = self.limit.refused(key, now);
  if (!wait) {
    self.limit.count(key, now);
    return std::nullopt;
  }
  ++self.refused_since_log;
  if (!self.logged_at || now - *self.logged_at >= log_interval) {
    log_warning("guessing of tokens or keys is slowed down",
                {{"peer", peer.to_string()}, {"refused", self.refused_since_log}});
    self.logged_at = now;
    self.refused_since_log = 0;
  }
  return Error{.kind = ErrorKind::too_many_requests,
               .code = "too_many_guesses",
               .message =
                   "Too many calls from this address had a token or key that opens nothing; check it and try "
                   "again later.",
               .retry_after = wait};
}

std::size_t GuessLimit::peers() const { return impl_->limit.size(); }

}  // namespace crewship
