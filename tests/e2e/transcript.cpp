#include "transcript.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace crewship::testing_support {

Transcript::Transcript(UniqueFd source)
    : source_(std::move(source)), stop_(::eventfd(0, EFD_CLOEXEC)), reader_([this] { read(); }) {}

Transcript::~Transcript() {
  ::eventfd_write(stop_.get(), 1);
  reader_.join();
}

void Transcript::read() {
  std::array<char, 65536> buffer{};
  while (true) {
    std::array<pollfd, 2> ready{
        {{.fd = source_.get(), .events = POLLIN, .revents = 0}, {.fd = stop_.get(), .events = POLLIN, .revents = 0}}};
    ::poll(ready.data(), ready.size(), -1);
    if (ready[0].revents == 0 && ready[1].revents != 0) return;
    const auto count = ::read(source_.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    const std::lock_guard lock(mutex_);
    if (count > 0) {
      text_.append(buffer.data(), static_cast<std::size_t>(count));
    } else {
      ended_ = true;
    }
    changed_.notify_all();
    if (ended_) return;
  }
}

std::string Transcript::text() const {
  const std::lock_guard lock(mutex_);
  return text_;
}

bool Transcript::ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

bool Transcript::wait_until(const std::function<bool(std::string_view text)>& enough) {
  std::unique_lock lock(mutex_);
  bool content = false;
  changed_.wait_for(lock, patience, [&] { return (content = enough(text_)) || ended_; });
  return content;
}

bool Transcript::wait_for(std::string_view words) {
  return wait_until([words](std::string_view text) { return text.find(words) != std::string_view::npos; });
}

bool Transcript::wait_for_line(std::initializer_list<std::string_view> that_has) {
  return wait_until([&](std::string_view text) {
    while (!text.empty()) {
      const auto line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(text.size(), line.size() + 1));
      if (std::ranges::all_of(that_has, [line](auto words) { return line.find(words) != std::string_view::npos; })) {
        return true;
      }
    }
    return false;
  });
}

void Transcript::wait_for_more(std::size_t than_bytes, std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, at_most, [&] { return text_.size() > than_bytes || ended_; });
}

std::string Transcript::whole() {
  wait_until([](std::string_view) { return false; });
  return text();
}

}  // namespace crewship::testing_support
