#include <crewship/base/log_writer.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <crewship/base/log.hpp>

#include "log_line.hpp"

namespace crewship {
namespace {

// A pipe that is ready takes PIPE_BUF bytes without blocking (POSIX).
constexpr std::size_t pipe_bytes_at_once = PIPE_BUF;
constexpr std::size_t file_bytes_at_once = 262144;
constexpr int look_again_ms = 100;
// Between two writes. What is logged meanwhile is then written together, so that a busy program does not wake this
// thread for each line.
constexpr auto rest_between_writes = std::chrono::milliseconds(5);

std::atomic<std::uint64_t> dropped_lines = 0;

std::uint64_t count_lines(std::string_view text) { return static_cast<std::uint64_t>(std::ranges::count(text, '\n')); }

}  // namespace

struct LogWriter::Impl {
  Impl(int f, LogWriterOptions o) : fd(f), options(o) {
    struct stat status{};
    const bool regular = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    bytes_at_once = regular ? file_bytes_at_once : pipe_bytes_at_once;
  }

  void add(std::string_view line) {
    {
      const std::lock_guard lock(mutex);
      if (waiting.size() + line.size() >= options.waiting_bytes) {
        ++left_out;
        dropped_lines.fetch_add(1, std::memory_order_relaxed);
        return;
      }
      waiting.append(line).push_back('\n');
      if (!idle && !is_filling_up()) return;
      idle = false;
    }
    changed.notify_all();
  }

  void work() {
    std::unique_lock lock(mutex);
    while (true) {
      if (waiting.empty() && left_out == 0) {
        if (ending) return;
        idle = true;
        changed.notify_all();
        changed.wait(lock, [this] { return !idle || ending; });
        continue;
      }
      taken.swap(waiting);
      const std::uint64_t missing = left_out;
      left_out = 0;
      lock.unlock();
      dropped_lines.fetch_add(count_lines(write(taken)), std::memory_order_relaxed);
      if (missing > 0) write(left_out_line(missing));
      taken.clear();
      lock.lock();
      changed.wait_for(lock, rest_between_writes, [this] { return hurried || ending || is_filling_up(); });
    }
  }

  bool is_filling_up() const { return waiting.size() >= options.waiting_bytes / 2; }

  static std::string left_out_line(std::uint64_t lines) {
    const LogField fields[] = {{"lines", lines}};
    return format_log_line(LogLevel::warning, "log lines left out; whoever reads the log is too slow", fields) + "\n";
  }

  // Returns what cannot be written, because nobody reads or the disk is full.
  std::string_view write(std::string_view text) {
    while (!text.empty()) {
      if (!ready()) break;
      const ssize_t written = ::write(fd, text.data(), std::min(text.size(), bytes_at_once));
      if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (written < 0) break;
      text.remove_prefix(static_cast<std::size_t>(written));
    }
    return text;
  }

  // False: it was given up.
  bool ready() const {
    while (!given_up) {
      pollfd poll_fd{.fd = fd, .events = POLLOUT, .revents = 0};
      if (::poll(&poll_fd, 1, look_again_ms) > 0) return true;
    }
    return false;
  }

  bool flush() {
    std::unique_lock lock(mutex);
    hurried = true;
    changed.notify_all();
    const bool all = changed.wait_for(lock, options.patience, [this] { return idle && waiting.empty(); });
    hurried = false;
    return all;
  }

  int fd;
  LogWriterOptions options;
  std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  std::string waiting;
  std::uint64_t left_out = 0;
  bool idle = false;
  bool hurried = false;
  bool ending = false;
  std::string taken;  // the thread's
  std::size_t bytes_at_once;
  std::atomic<bool> given_up = false;
  std::thread thread;

  static inline std::mutex current_mutex;
  static inline Impl* current = nullptr;
};

LogWriter::LogWriter(int fd, LogWriterOptions options) : impl_(std::make_unique<Impl>(fd, options)) {
  sigset_t all{};
  sigset_t before{};
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // a new thread inherits the mask; signals are the loop's
  impl_->thread = std::thread([impl = impl_.get()] { impl->work(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(impl_->thread.native_handle(), "log-writer");
  set_log_sink([impl = impl_.get()](std::string_view line) { impl->add(line); });
  const std::lock_guard lock(Impl::current_mutex);
  Impl::current = impl_.get();
}

LogWriter::~LogWriter() {
  set_log_sink({});
  {
    const std::lock_guard lock(Impl::current_mutex);
    Impl::current = nullptr;
  }
  impl_->flush();
  impl_->given_up = true;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->ending = true;
  }
  impl_->changed.notify_all();
  impl_->thread.join();
}

void LogWriter::flush() {
  const std::lock_guard lock(Impl::current_mutex);
  if (Impl::current != nullptr) Impl::current->flush();
}

std::uint64_t dropped_log_lines() { return dropped_lines.load(std::memory_order_relaxed); }

}  // namespace crewship
