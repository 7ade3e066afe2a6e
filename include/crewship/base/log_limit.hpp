// Bounds how many lines of one kind are written, so that refusals that come by the thousand do not push everything else
// out of the log. The first ones of a window are written; of the rest a line says how many there were.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <crewship/base/clock.hpp>
#include <crewship/base/log.hpp>

namespace crewship {

class LogLimit {
 public:
  static constexpr std::chrono::seconds window{10};
  static constexpr std::size_t lines_a_window = 20;
  static constexpr std::size_t max_kinds = 256;  // more than these share one allowance

  struct LeftOut {
    std::string kind;
    std::uint64_t lines = 0;
  };

  bool admits(std::string_view kind, SteadyTime now);
  // Of the windows that are over; each is told once.
  std::vector<LeftOut> take_left_out(SteadyTime now);

 private:
  struct Window {
    SteadyTime began;
    std::size_t written = 0;
    std::uint64_t left_out = 0;
  };
  std::map<std::string, Window, std::less<>> windows_;
};

// A refusal with its reason: an info line, within the limit of its event and code. Any thread.
void log_refusal(std::string_view event, std::string_view code, std::initializer_list<LogField> fields);
// Writes a line for each kind of which some were left out. Called four times a second.
void log_left_out_refusals();

}  // namespace crewship
