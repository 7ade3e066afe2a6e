// Who guesses tokens and keys: learns nothing from bytes or time, and is slowed down without harm to others.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <random>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/daemon.hpp"
#include "e2e/raw_connection.hpp"

namespace crewship::testing_support {
namespace {

class Guessing : public DaemonTest {
 protected:
  int guess(const std::string& token, std::vector<std::string> more = {}) {
    return curl({.method = "POST",
                 .url = daemon_->url() + "/webhooks/runs/" + token,
                 .body = "{}",
                 .more = std::move(more)})
        .status;
  }
  int ask_with_key(const std::string& key, std::vector<std::string> more = {}) {
    return curl({.url = daemon_->url() + "/v1/deployments",
                 .headers = {"Authorization: Bearer " + key},
                 .more = std::move(more)})
        .status;
  }
};

TEST_F(Guessing, IsSlowedDownForThePeerAloneAndAGoodTokenOpensAllTheSame) {
  start({.config = {{"limits", {{"failed_guesses_per_minute", 10}}}}});
  const Crew crew = daemon_->make_crew(builtin_echo());
  const std::string unknown(43, 'A');
  // Half of them at each door: the allowance is one.
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(guess(unknown), 404);
    EXPECT_EQ(ask_with_key("crw_" + unknown), 401);
  }
  const Answer refused = curl({.method = "POST", .url = daemon_->url() + "/webhooks/runs/" + unknown, .body = "{}"});
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.error_code(), "too_many_guesses");
  EXPECT_THAT(refused.header("Retry-After"), testing::MatchesRegex("[1-9][0-9]?"));
  EXPECT_EQ(ask_with_key("crw_" + unknown), 429);

  EXPECT_EQ(daemon_->trigger(crew).status, 202);
  EXPECT_EQ(daemon_->get("/v1/deployments").status, 200);
  EXPECT_EQ(curl({.url = daemon_->url() + "/v1/deployments"}).status, 401) << "no key is no guess";
  EXPECT_EQ(guess(unknown, {"--interface", "127.0.0.2"}), 404) << "another peer has its own allowance";

  // A disabled webhook and an unknown one stay the same when guesses are refused.
  EXPECT_EQ(daemon_->api("PATCH", "/v1/incoming-webhooks/" + crew.webhook_id, {{"enabled", false}}).status, 200);
  EXPECT_EQ(daemon_->trigger(crew).status, 429);
  EXPECT_EQ(guess("x/y"), 429);
  for (int i = 0; i < 20; ++i) guess(unknown);
  const std::string log = daemon_->log().text();
  const std::string line = "guessing of tokens or keys is slowed down";
  EXPECT_NE(log.find(line), std::string::npos);
  EXPECT_EQ(log.find(line), log.rfind(line)) << "once a minute is enough";
}

class ForwardedGuessing : public Guessing {
 protected:
  void start_behind(const std::vector<std::string>& proxies) {
    start({.config = {{"trusted_proxies", proxies}, {"limits", {{"failed_guesses_per_minute", 3}}}}});
  }
  // Whether somebody who says so still has guesses left.
  bool may_guess(const std::vector<std::string>& headers, std::vector<std::string> more = {}) {
    return curl({.method = "POST",
                 .url = daemon_->url() + "/webhooks/runs/" + std::string(43, 'A'),
                 .headers = headers,
                 .body = "{}",
                 .more = std::move(more)})
               .status == 404;
  }
};

TEST_F(ForwardedGuessing, CountsTheClientThatATrustedProxyNames) {
  start_behind({"127.0.0.1"});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(may_guess({"X-Forwarded-For: 192.0.2.1"}));
  EXPECT_FALSE(may_guess({"X-Forwarded-For: 192.0.2.1"}));
  EXPECT_TRUE(may_guess({"X-Forwarded-For: 192.0.2.2"})) << "the neighbour behind the same proxy";
  EXPECT_TRUE(may_guess({})) << "the proxy itself";
  EXPECT_TRUE(daemon_->log().wait_for_line({"trigger refused", "peer=192.0.2.1"}));
}

TEST_F(ForwardedGuessing, AClientThatWritesTheHeaderItselfGainsNothing) {
  start_behind({"127.0.0.1"});
  // What the client wrote stands before what the proxy adds, in the same line or in one of its own.
  for (int i = 0; i < 3; ++i) may_guess({"X-Forwarded-For: 203.0.113." + std::to_string(i) + ", 192.0.2.1"});
  EXPECT_FALSE(may_guess({"X-Forwarded-For: 203.0.113.9, 192.0.2.1"}));
  EXPECT_FALSE(may_guess({"x-forwarded-for: 203.0.113.9", "X-Forwarded-For: 192.0.2.1"}));
  EXPECT_FALSE(may_guess({"X-Forwarded-For: 127.0.0.1, 192.0.2.1"}));
  EXPECT_TRUE(may_guess({"X-Forwarded-For: 192.0.2.1, 203.0.113.9"}));
  // Garbage is the proxy's own.
  for (int i = 0; i < 3; ++i) may_guess({"X-Forwarded-For: 192.0.2.77, nonsense" + std::to_string(i)});
  EXPECT_FALSE(may_guess({"X-Forwarded-For: more nonsense"}));
  EXPECT_FALSE(may_guess({}));
}

TEST_F(ForwardedGuessing, IsNotToldByWhoIsNoTrustedProxy) {
  start_behind({"192.0.2.0/24"});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(may_guess({"X-Forwarded-For: 203.0.113." + std::to_string(i)}));
  EXPECT_FALSE(may_guess({"X-Forwarded-For: 203.0.113.9"}));
  EXPECT_TRUE(may_guess({"X-Forwarded-For: 203.0.113.9"}, {"--interface", "127.0.0.2"}));
}

// How far apart two samples are in standard errors (Mann–Whitney): no measure of how long anything takes.
double distance(const std::vector<double>& left, const std::vector<double>& right) {
  std::vector<std::pair<double, bool>> all;
  for (const double value : left) all.emplace_back(value, true);
  for (const double value : right) all.emplace_back(value, false);
  std::ranges::sort(all);
  double rank_sum = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].second) rank_sum += static_cast<double>(i + 1);
  }
  const auto n = static_cast<double>(left.size());
  const auto m = static_cast<double>(right.size());
  return (rank_sum - n * (n + m + 1) / 2) / std::sqrt(n * m * (n + m + 1) / 12);
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

// Asked in turn in an order of chance over one connection, so that what disturbs one kind disturbs all of them.
TEST_F(Guessing, TheTimeTellsNothingAboutAToken) {
  constexpr std::size_t rounds = 1500;
  constexpr double far_apart = 8;
  start({.config = {{"log", {{"level", "info"}}}, {"limits", {{"failed_guesses_per_minute", 0}}}}});
  const Crew disabled = daemon_->make_crew(builtin_echo());
  const Crew deleted = daemon_->make_crew(builtin_echo());
  EXPECT_EQ(daemon_->api("PATCH", "/v1/incoming-webhooks/" + disabled.webhook_id, {{"enabled", false}}).status, 200);
  EXPECT_EQ(daemon_->api("DELETE", "/v1/incoming-webhooks/" + deleted.webhook_id).status, 204);
  // All as long as each other: how long a token is its sender knows.
  const std::array<std::pair<const char*, std::string>, 6> kinds{{
      {"unknown", std::string(43, 'A')},
      {"unknown, once more", std::string(43, 'B')},
      {"with a slash", std::string(21, 'A') + "/" + std::string(21, 'A')},
      {"with a broken escape", std::string(41, 'A') + "%z"},
      {"deleted", deleted.token},
      {"disabled", disabled.token},
  }};
  std::array<std::vector<double>, kinds.size()> samples;
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < rounds * kinds.size(); ++i) order.push_back(i % kinds.size());
  std::ranges::shuffle(order, std::minstd_rand(1));
  RawConnection connection(*daemon_);
  for (const std::size_t kind : order) {
    const auto begin = std::chrono::steady_clock::now();
    connection.send("POST /webhooks/runs/" + kinds[kind].second +
                    " HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}");
    ASSERT_EQ(connection.answer().status, 404);
    samples[kind].push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  for (std::size_t kind = 1; kind < kinds.size(); ++kind) {
    const double apart = distance(samples[kind], samples[0]);
    std::cout << kinds[kind].first << ": " << apart << " standard errors from unknown, "
              << 1e6 * (median(samples[kind]) - median(samples[0])) << " us\n";
    EXPECT_LT(std::abs(apart), far_apart) << kinds[kind].first;
  }
}

}  // namespace
}  // namespace crewship::testing_support
