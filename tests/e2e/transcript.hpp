// What a program has written to one descriptor so far. One thread reads it, any thread waits for what it is waiting
// for: woken by each new piece, so nothing sleeps.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include <crewship/base/unique_fd.hpp>

namespace crewship::testing_support {

// How long anything may take before a test gives up. Only a broken program ever needs it.
inline constexpr auto patience = std::chrono::seconds(60);

class Transcript {
 public:
  explicit Transcript(UniqueFd source);
  ~Transcript();
  Transcript(const Transcript&) = delete;
  Transcript& operator=(const Transcript&) = delete;

  std::string text() const;
  bool ended() const;
  // False when the source ends or patience does before `enough` is content.
  bool wait_until(const std::function<bool(std::string_view text)>& enough);
  bool wait_for(std::string_view words);
  bool wait_for_line(std::initializer_list<std::string_view> that_has);
  // Returns at the next piece, at the end, or after `at_most`; the way to ask again in good time for what is seen
  // elsewhere.
  void wait_for_more(std::size_t than_bytes, std::chrono::milliseconds at_most);
  // The whole text, when the source has ended.
  std::string whole();

 private:
  void read();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  bool ended_ = false;
  UniqueFd source_;
  UniqueFd stop_;  // an eventfd: somebody else may hold the source open for long
  std::thread reader_;
};

}  // namespace crewship::testing_support
