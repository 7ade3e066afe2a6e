// A caller who hangs up when the test says so.
#pragma once

#include <functional>
#include <utility>

#include <crewship/base/caller.hpp>

namespace crewship {

class FakeCaller final : public Caller {
 public:
  void watch(std::function<void()> gone) override { gone_ = std::move(gone); }
  void unwatch() override { gone_ = nullptr; }

  bool watched() const { return gone_ != nullptr; }
  void hang_up() {
    if (auto gone = std::exchange(gone_, nullptr)) gone();
  }

 private:
  std::function<void()> gone_;
};

}  // namespace crewship
