// A launch under way: its outcome, once there is one, for the caller who asked for it and for those who sent the same
// Idempotency-Key meanwhile. Persisted keys are run_records' business. Loop thread only.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <crewship/base/caller.hpp>
#include <crewship/runs/executor.hpp>

#include "notification.hpp"

namespace crewship {

using LaunchKey = std::pair<std::string, std::string>;  // scope, Idempotency-Key

struct Launching {
  std::string body_sha256;
  bool ended = false;
  std::optional<Result<Launched>> outcome;  // none although ended: abandoned, the next may try
  std::list<Notification*> waiters;
};

// Returns when the launch has ended; false when the caller hung up before.
Task<bool> wait_for_outcome(Executor executor, std::shared_ptr<Launching> launching, Caller& caller);

class LaunchesUnderWay {
 public:
  // The duty to bring one launch to an outcome; destroyed without one, the launch is abandoned.
  class Duty {
   public:
    Duty(Duty&& other) noexcept = default;
    Duty& operator=(Duty&&) = delete;
    ~Duty();
    void resolve(Result<Launched> outcome);
    // The same, but the key stays taken until resolve(), or the duty's end: whoever comes with it hears this outcome.
    void tell(Result<Launched> outcome);
    const std::shared_ptr<Launching>& launching() const { return launching_; }

   private:
    friend LaunchesUnderWay;
    Duty(LaunchesUnderWay& owner, std::optional<LaunchKey> key, std::shared_ptr<Launching> launching)
        : owner_(&owner), key_(std::move(key)), launching_(std::move(launching)) {}
    void end();
    void notify_waiters();

    LaunchesUnderWay* owner_;
    std::optional<LaunchKey> key_;
    std::shared_ptr<Launching> launching_;
  };

  std::shared_ptr<Launching> find(const LaunchKey& key) const;  // null when there is none
  // Precondition: no launch with this key is under way. Without a key nobody else can find it.
  Duty begin(std::optional<LaunchKey> key, std::string body_sha256);

 private:
  std::map<LaunchKey, std::shared_ptr<Launching>> launches_;
};

}  // namespace crewship
