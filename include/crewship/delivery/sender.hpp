// One HTTP request for one claimed delivery. A seam: tests of the dispatcher replace it.
#pragma once

#include <chrono>
#include <vector>

#include <crewship/base/asio.hpp>
#include <crewship/base/clock.hpp>
#include <crewship/domain/address.hpp>
#include <crewship/domain/delivery.hpp>
#include <crewship/http/client.hpp>
#include <crewship/store/deliveries.hpp>

namespace crewship {

class Sender {
 public:
  virtual ~Sender() = default;
  // Never an error: whatever goes wrong is the outcome. Terminal cancellation throws operation_aborted.
  virtual Task<AttemptOutcome> send(const ClaimedDelivery& delivery) = 0;
};

struct HttpSenderOptions {
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  std::vector<Cidr> allow;  // delivery.allow
  ClientOptions client{};   // taken once, when the sender is made
};

// The real one: egress guard, both signature families, one POST. Loop thread; outlives the attempts it makes.
class HttpSender final : public Sender {
 public:
  HttpSender(Executor executor, Clock& clock, HttpSenderOptions options);
  ~HttpSender() override;
  Task<AttemptOutcome> send(const ClaimedDelivery& delivery) override;
  void reconfigure(HttpSenderOptions options);  // for attempts that begin later
  // Closes idle connections and the resolver, so that the loop can end.
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crewship
