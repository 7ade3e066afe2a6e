// One line on stderr that says what is going on, for whoever waits at a terminal longer than a second. Nothing when
// stderr is none. Cleared when it goes.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <crewship/base/clock.hpp>

namespace crewship {

class Progress {
 public:
  static constexpr std::chrono::milliseconds interval{500};  // how often show() is worth calling

  Progress(std::string what, const Clock& clock);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // "<what> <detail>, 12 s", once a second has passed.
  void show(std::string_view detail = {});
  void clear();

 private:
  std::string what_;
  const Clock& clock_;
  SteadyTime start_;
  bool terminal_;
  bool shown_ = false;
};

}  // namespace crewship
