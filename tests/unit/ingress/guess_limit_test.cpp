#include <crewship/ingress/guess_limit.hpp>

#include <string>

#include <gtest/gtest.h>
#include <support/log_capture.hpp>

namespace crewship {
namespace {

using namespace std::chrono_literals;

asio::ip::address address(const std::string& text) { return asio::ip::make_address(text); }

TEST(GuessLimit, LetsSoManyThroughAMinuteAndThenSaysHowLongToWait) {
  GuessLimit limit(3);
  const SteadyTime now{1h};
  for (int guess = 0; guess < 3; ++guess) EXPECT_FALSE(limit.refuse(address("192.0.2.1"), now));
  const auto refused = limit.refuse(address("192.0.2.1"), now);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->kind, ErrorKind::too_many_requests);
  EXPECT_EQ(refused->code, "too_many_guesses");
  EXPECT_EQ(refused->retry_after, 20s);
  EXPECT_TRUE(limit.refuse(address("192.0.2.1"), now + 19s));
  EXPECT_FALSE(limit.refuse(address("192.0.2.1"), now + 20s)) << "refused guesses do not put the end off";
}

TEST(GuessLimit, IsOffAtZero) {
  GuessLimit limit(0);
  for (int guess = 0; guess < 1000; ++guess) EXPECT_FALSE(limit.refuse(address("192.0.2.1"), SteadyTime{1h}));
  EXPECT_EQ(limit.peers(), 0u);
}

TEST(GuessLimit, TellsIpv4AddressesApartHoweverTheyArrive) {
  GuessLimit limit(1);
  const SteadyTime now{1h};
  EXPECT_FALSE(limit.refuse(address("::ffff:192.0.2.1"), now));
  EXPECT_FALSE(limit.refuse(address("::ffff:192.0.2.2"), now)) << "mapped addresses share a /64";
  EXPECT_TRUE(limit.refuse(address("192.0.2.1"), now)) << "the same peer through another listener";
}

TEST(GuessLimit, TakesAnIpv6NetworkForOnePeer) {
  GuessLimit limit(1);
  const SteadyTime now{1h};
  EXPECT_FALSE(limit.refuse(address("2001:db8:1:2::1"), now));
  EXPECT_TRUE(limit.refuse(address("2001:db8:1:2:ffff:ffff:ffff:ffff"), now));
  EXPECT_FALSE(limit.refuse(address("2001:db8:1:3::1"), now));
}

TEST(GuessLimit, RemembersABoundedNumberOfPeers) {
  GuessLimit limit(2);
  const SteadyTime now{1h};
  std::size_t refused = 0;
  for (unsigned peer = 0; peer < 2 * GuessLimit::max_peers; ++peer) {
    if (limit.refuse(asio::ip::address_v4(peer), now)) ++refused;
  }
  EXPECT_LE(limit.peers(), GuessLimit::max_peers + 1);
  EXPECT_GT(refused, GuessLimit::max_peers - 10) << "who is not remembered alone shares one allowance";
  EXPECT_FALSE(limit.refuse(asio::ip::address_v4(1), now)) << "who is remembered keeps an own one";
  limit.refuse(asio::ip::address_v4(0xFFFFFFFF), now + 2min);
  EXPECT_LE(limit.peers(), 2u) << "and all is forgotten in time";
}

TEST(GuessLimit, LogsOnceAMinuteHowManyItRefused) {
  LogCapture log;
  GuessLimit limit(1);
  const SteadyTime now{1h};
  for (int guess = 0; guess < 100; ++guess) limit.refuse(address("192.0.2.1"), now);
  EXPECT_EQ(log.lines().size(), 1u);
  EXPECT_TRUE(log.has_line("guessing of tokens or keys is slowed down", "peer=192.0.2.1", "refused=1"));
  limit.refuse(address("192.0.2.1"), now + 61s);
  limit.refuse(address("192.0.2.1"), now + 61s);
  EXPECT_EQ(log.lines().size(), 2u);
  EXPECT_TRUE(log.has_line("refused=99"));
}

}  // namespace
}  // namespace crewship
