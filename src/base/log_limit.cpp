#include <crewship/base/log_limit.hpp>

#include <iterator>
#include <mutex>
#include <utility>

namespace crewship {
namespace {

constexpr std::string_view other_kinds = "others";

struct Refusals {
  std::mutex mutex;
  LogLimit limit;
};

Refusals& refusals() {
  static Refusals instance;
  return instance;
}

}  // namespace

bool LogLimit::admits(std::string_view kind, SteadyTime now) {
  auto found = windows_.find(kind);
  if (found == windows_.end() && windows_.size() >= max_kinds) {
    kind = other_kinds;
    found = windows_.find(kind);
  }
  if (found == windows_.end()) found = windows_.emplace(kind, Window{.began = now}).first;
  Window& current = found->second;
  // What was left out of a window that is over has to be told first.
  if (now - current.began >= window && current.left_out == 0) current = {.began = now};
  if (current.written < lines_a_window) {
    ++current.written;
    return true;
  }
  ++current.left_out;
  return false;
}

std::vector<LogLimit::LeftOut> LogLimit::take_left_out(SteadyTime now) {
  std::vector<LeftOut> left_out;
  for (auto place = windows_.begin(); place != windows_.end();) {
    const auto& [kind, current] = *place;
    if (now - current.began < window) {
      ++place;
      continue;
    }
    if (current.left_out > 0) left_out.push_back({kind, current.left_out});
    place = windows_.erase(place);
  }
  return left_out;
}

void log_refusal(std::string_view event, std::string_view code, std::initializer_list<LogField> fields) {
  if (!log_enabled(LogLevel::info)) return;
  std::string kind(event);
  kind.append(" code=").append(code);
  {
    const std::lock_guard lock(refusals().mutex);
    if (!refusals().limit.admits(kind, SystemClock().steady_now())) return;
  }
  write_log(LogLevel::info, event, fields);
}

void log_left_out_refusals() {
  std::vector<LogLimit::LeftOut> left_out;
  {
    const std::lock_guard lock(refusals().mutex);
    left_out = refusals().limit.take_left_out(SystemClock().steady_now());
  }
  for (const auto& [kind, lines] : left_out) {
    log_info("refusals left out of the log", {{"kind", kind}, {"lines", lines}});
  }
}

}  // namespace crewship
