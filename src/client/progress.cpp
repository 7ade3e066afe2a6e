#include <crewship/client/progress.hpp>

#include <cstdio>
#include <utility>

#include <unistd.h>

#include <crewship/client/printable.hpp>

namespace crewship {

Progress::Progress(std::string what, const Clock& clock)
    : what_(std::move(what)), clock_(clock), start_(clock.steady_now()), terminal_(::isatty(STDERR_FILENO) == 1) {}

void Progress::show(std::string_view detail) {
  const auto elapsed = clock_.steady_now() - start_;
  if (!terminal_ || elapsed < std::chrono::seconds(1)) return;
  std::string line = what_;
  if (!detail.empty()) line.append(" ").append(detail);
  line += ", " + std::to_string(elapsed / std::chrono::seconds(1)) + " s";
  std::fprintf(stderr, "\r\033[K%s", printable(line).c_str());
  std::fflush(stderr);
  shown_ = true;
}

void Progress::clear() {
  if (!shown_) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace crewship
