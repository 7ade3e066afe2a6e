// When a commit should wait a moment for company. Each change that shares it saves a commit of its own, which is a sync
// and two changes of threads, more than most changes cost themselves. That pays when many changes come and each
// caller's is one of several, as with PostgreSQL's commit_delay; a caller alone, or a few that each wait for their
// answer, would wait for nothing. Writer's thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include <crewship/base/clock.hpp>

namespace crewship {

inline constexpr auto commit_delay = std::chrono::microseconds(250);
// Where groups are larger by themselves, waiting would only hold up what goes on at the same time; where so many
// changes are never under way at once, they cannot come.
inline constexpr std::size_t enough_company = 16;

class CommitPace {
 public:
  // outstanding: its changes and those that wait for the next.
  void committed(std::size_t changes, std::size_t outstanding, SteadyTime now) {
    changes_ += changes;
    most_outstanding_ = std::max(most_outstanding_, outstanding);
    ++commits_;
    const auto passed = now - began_;
    if (passed < window) return;
    const double a_second = static_cast<double>(changes_) / std::chrono::duration<double>(passed).count();
    crowded_ = changes_ >= 2 * commits_ && a_second >= crowd_a_second && most_outstanding_ > enough_company;
    began_ = now;
    changes_ = most_outstanding_ = commits_ = 0;
  }
  // As of the last whole window, when that was just now.
  bool crowded(SteadyTime now) const { return crowded_ && now - began_ < 2 * window; }

 private:
  static constexpr auto window = std::chrono::milliseconds(10);
  static constexpr double crowd_a_second = 3000;

  SteadyTime began_{};
  std::size_t changes_ = 0;
  std::size_t most_outstanding_ = 0;
  std::size_t commits_ = 0;
  bool crowded_ = false;
};

}  // namespace crewship
