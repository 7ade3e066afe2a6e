#include "launching.hpp"

#include "caller_watch.hpp"

namespace crewship {
namespace {

class Enlisted {
 public:
  Enlisted(std::list<Notification*>& list, Notification& notification)
      : list_(list), place_(list.insert(list.end(), &notification)) {}
  ~Enlisted() { list_.erase(place_); }
  Enlisted(const Enlisted&) = delete;
  Enlisted& operator=(const Enlisted&) = delete;

 private:
  std::list<Notification*>& list_;
  std::list<Notification*>::iterator place_;
};

}  // namespace

Task<bool> wait_for_outcome(Executor executor, std::shared_ptr<Launching> launching, Caller& caller) {
  if (launching->ended) co_return true;
  Notification notification(executor);
  const Enlisted enlisted(launching->waiters, notification);
  const CallerWatch watch(caller, [&notification] { notification.notify(); });
  co_await notification.wait();
  co_return launching->ended;
}

LaunchesUnderWay::Duty::~Duty() {
  if (launching_) end();
}

void LaunchesUnderWay::Duty::resolve(Result<Launched> outcome) {
  launching_->outcome = std::move(outcome);
  end();
}

void LaunchesUnderWay::Duty::tell(Result<Launched> outcome) {
  launching_->outcome = std::move(outcome);
  notify_waiters();
}

void LaunchesUnderWay::Duty::end() {
  notify_waiters();
  if (key_) owner_->launches_.erase(*key_);
  key_.reset();
}

void LaunchesUnderWay::Duty::notify_waiters() {
  launching_->ended = true;
  for (Notification* waiter : launching_->waiters) waiter->notify();
}

std::shared_ptr<Launching> LaunchesUnderWay::find(const LaunchKey& key) const {
  const auto found = launches_.find(key);
  return found == launches_.end() ? nullptr : found->second;
}

LaunchesUnderWay::Duty LaunchesUnderWay::begin(std::optional<LaunchKey> key, std::string body_sha256) {
  auto launching = std::make_shared<Launching>();
  launching->body_sha256 = std::move(body_sha256);
  if (key) launches_.emplace(*key, launching);
  return {*this, std::move(key), std::move(launching)};
}

}  // namespace crewship
