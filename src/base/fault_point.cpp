#include <crewship/base/fault_point.hpp>

#ifdef CREWSHIP_FAULT_POINTS

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>

namespace crewship {
namespace {

// "point:n" of an environment variable, and how often the point has been passed.
class Countdown {
 public:
  explicit Countdown(const char* variable) {
    const char* const value = std::getenv(variable);
    if (value == nullptr) return;
    const std::string text = value;
    const auto colon = text.find(':');
    point_ = text.substr(0, colon);
    if (colon != std::string::npos) left_ = std::atoi(text.c_str() + colon + 1);
  }
  bool passed(std::string_view point) { return point == point_ && --left_ == 0; }

 private:
  std::string point_;
  std::atomic<int> left_ = 1;
};

}  // namespace

void fault_point(std::string_view point) {
  static Countdown death("CREWSHIP_KILL_AT");
  if (death.passed(point)) static_cast<void>(std::raise(SIGKILL));
}

bool is_mutant(std::string_view name) {
  const char* const mutant = std::getenv("CREWSHIP_MUTANT");
  return mutant != nullptr && name == mutant;
}

}  // namespace crewship

#endif
