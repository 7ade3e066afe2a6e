// The door: POST /webhooks/runs/<token>. Checks the token, the rate and the body, and hands the run to the executor.
// The token never reaches a log line, an error or a metric. Loop thread; owned by App.
#pragma once

#include <cstddef>
#include <memory>

#include <crewship/base/clock.hpp>
#include <crewship/base/metrics.hpp>
#include <crewship/http/router.hpp>
#include <crewship/ingress/guess_limit.hpp>
#include <crewship/ingress/refusals.hpp>
#include <crewship/runs/executor.hpp>
#include <crewship/store/store.hpp>

namespace crewship {

struct IngressOptions {
  std::size_t triggers_per_minute = 0;  // for each webhook; 0: no limit
  GuessLimit* guesses = nullptr;        // null: no limit
};

class Ingress {
 public:
  Ingress(Store& store, Clock& clock, RunExecutor& runs, IngressOptions options);
  ~Ingress();
  void add_routes(Router& router);
  // After each change of an incoming webhook: those that are called are remembered until then.
  void webhooks_changed();
  std::vector<Refusal> recent_refusals() const;  // the latest first
  const LabeledCounter& refusals() const;        // of triggers, by reason

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crewship
