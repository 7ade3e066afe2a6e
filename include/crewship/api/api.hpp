// The admin REST API under /v1: authentication by API key or session cookie, the console's session, and every
// resource's routes. Talks to the store and the rooms below by their public headers. Loop thread; owned by App.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <crewship/base/clock.hpp>
#include <crewship/base/random.hpp>
#include <crewship/delivery/wake_up.hpp>
#include <crewship/domain/address.hpp>
#include <crewship/events/change_feed.hpp>
#include <crewship/events/run_feeds.hpp>
#include <crewship/http/router.hpp>
#include <crewship/ingress/guess_limit.hpp>
#include <crewship/ingress/refusals.hpp>
#include <crewship/runs/builtin.hpp>
#include <crewship/runs/executor.hpp>
#include <crewship/store/store.hpp>

namespace crewship {

struct ApiOptions {
  std::string public_url;   // without a slash at the end
  std::vector<Cidr> allow;  // delivery.allow
  std::chrono::milliseconds session_lifetime = std::chrono::hours(12);
  bool secure_cookies = false;    // browsers reach the server by https
  GuessLimit* guesses = nullptr;  // null: no limit
  // The settings in force as JSON, for GET /v1/server.
  std::function<std::string()> settings = [] { return std::string("{}"); };
  // Told of each change that may make an incoming webhook's URL unknown.
  std::function<void()> incoming_webhooks_changed = [] {};
  // What the door refused lately.
  std::function<std::vector<Refusal>()> refusals = [] { return std::vector<Refusal>(); };
};

class Api {
 public:
  Api(Store& store, Clock& clock, Random& random, IdGenerator& ids, RunExecutor& runs, RunFeeds& feeds,
      ChangeFeed& changes, DeliveryWakeUp& deliveries, const BuiltinRegistry& builtins, ApiOptions options);
  ~Api();
  void add_routes(Router& router);
  void reconfigure(std::vector<Cidr> allow);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A new API key's text: "crw_" and 43 base64url digits, 256 random bits. Only its SHA-256 is stored.
std::string make_api_key(Random& random);
// An incoming webhook's secret part of its URL: 256 random bits, base64url.
std::string make_webhook_token(Random& random);

}  // namespace crewship
