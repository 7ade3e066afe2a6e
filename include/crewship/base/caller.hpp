// What a waiting request may know of the one who sent it: whether they hung up. The HTTP session implements it; the
// waiting line for run slots uses it. Loop thread only.
#pragma once

#include <functional>

namespace crewship {

class Caller {
 public:
  virtual ~Caller() = default;
  // Calls `gone` at most once, from the loop, when the peer has closed its side. One watch at a time.
  virtual void watch(std::function<void()> gone) = 0;
  virtual void unwatch() = 0;
};

// Somebody who never hangs up: for callers inside the process.
class PresentCaller final : public Caller {
 public:
  void watch(std::function<void()>) override {}
  void unwatch() override {}
};

}  // namespace crewship
