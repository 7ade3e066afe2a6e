#include "run_process.hpp"

#include <cerrno>
#include <csignal>
#include <optional>
#include <utility>

#include <unistd.h>

#include <boost/asio/as_tuple.hpp>

#include "readable.hpp"

namespace crewship {
namespace {

constexpr auto as_tuple = asio::as_tuple(use_awaitable);
// How often the processes and the memory of a run that has a limit of them are counted.
constexpr auto usage_interval = std::chrono::milliseconds(100);

using Wait = asio::posix::descriptor_base;

void close(StreamDescriptor& descriptor) {
  boost::system::error_code ignored;  // closing a pipe has no failure that matters
  descriptor.close(ignored);
}

// Leaves the descriptor where it is when it fails.
boost::system::error_code adopt(StreamDescriptor& descriptor, UniqueFd& fd) {
  boost::system::error_code error;
  if (!fd) return error;
  descriptor.assign(fd.get(), error);
  if (!error) fd.release();
  return error;
}

}  // namespace

RunProcess::RunProcess(Executor executor, Clock& clock, Spawner& spawner, TaskGroup& tasks, RunControl& control,
                       RunJournal& journal, JournalWriter& journal_writer, std::span<char> read_buffer,
                       RunProcessOptions options)
    : executor_(std::move(executor)),
      clock_(clock),
      spawner_(spawner),
      tasks_(tasks),
      control_(control),
      journal_(journal),
      journal_writer_(journal_writer),
      read_buffer_(read_buffer),
      options_(options),
      timer_(clock.make_timer(executor_)),
      pidfd_(executor_),
      stdin_(executor_),
      stdout_(executor_),
      stderr_(executor_),
      events_(executor_) {}

Task<Result<>> RunProcess::watch(Child child, std::string run_id) {
  for (const auto [descriptor, fd] : {std::pair{&pidfd_, &child.pidfd},
                                      {&stdin_, &child.stdin_pipe},
                                      {&stdout_, &child.stdout_pipe},
                                      {&stderr_, &child.stderr_pipe},
                                      {&events_, &child.events_pipe}}) {
    const auto error = adopt(*descriptor, *fd);
    if (!error) continue;
    Spawner::signal_group(child.pid, SIGKILL);
    co_await spawner_.reap(child.pid, std::move(run_id));
    co_return fail(ErrorKind::unavailable, "run_failed_to_start", error.message());
  }
  pid_ = child.pid;
  input_written_bytes_ = child.input_written_bytes;
  co_return Result<>{};
}

Task<ProcessEnd> RunProcess::follow(std::string input, std::string run_id) {
  tasks_.spawn("await process", await_end());
  tasks_.spawn("drain stdout", drain_output());
  tasks_.spawn("drain stderr", drain_errors());
  tasks_.spawn("drain events", drain_events());
  if (stdin_.is_open()) tasks_.spawn("feed stdin", feed_input(std::exchange(input, {})));
  if (options_.resources.memory_bytes || options_.resources.processes) {
    usage_timer_ = clock_.make_timer(executor_);
    tasks_.spawn("watch usage", watch_usage());
  }
  control_.listen([this] { timer_->wake(); });
  co_await carry_out_plan();
  control_.listen({});
  finished_ = true;
  if (usage_timer_) usage_timer_->wake();
  // What is asked from now on comes too late to change how it ended.
  const auto stopped_for = control_.reason();

  const auto status = co_await spawner_.reap(pid_, std::move(run_id));
  close(stdin_);
  close(stdout_);
  close(stderr_);
  read_last_events();
  journal_.finish();
  journal_writer_.stop();
  co_await tasks_.join();
  co_return ProcessEnd{status, stopped_for};
}

Task<void> RunProcess::carry_out_plan() {
  ProcessPlan plan(clock_.steady_now() + options_.time_limit, options_.kill_grace);
  for (;;) {
    const auto now = clock_.steady_now();
    const ProcessFacts facts{.leader_ended = leader_ended_,
                             .pipes_open = open_pipes_ > 0,
                             .stop_wanted = control_.reason() != StopReason::none,
                             .hurry = control_.hurried()};
    const auto [step, until] = plan.decide(facts, now);
    switch (step) {
      case ProcessStep::wait:
        co_await timer_->wait(until - now);
        break;
      case ProcessStep::time_is_up:
        control_.stop(StopReason::time_limit);
        break;
      case ProcessStep::terminate:
        Spawner::signal_group(pid_, SIGTERM);
        Spawner::signal_group(pid_, SIGCONT);  // one that was stopped must hear it too
        break;
      case ProcessStep::kill:
        Spawner::signal_group(pid_, SIGKILL);
        break;
      case ProcessStep::finish:
        co_return;
    }
  }
}

// Who is over a limit gets no grace: it would use it to take more.
Task<void> RunProcess::watch_usage() {
  const auto& limits = options_.resources;
  while (!finished_ && control_.reason() == StopReason::none) {
    const auto usage = co_await spawner_.measure(pid_, limits);
    if (finished_) co_return;
    if (limits.processes && usage.processes > static_cast<std::size_t>(*limits.processes)) {
      control_.stop(StopReason::process_limit);
      control_.hurry();
    } else if (limits.memory_bytes && usage.memory_bytes > static_cast<std::uint64_t>(*limits.memory_bytes)) {
      control_.stop(StopReason::memory_limit);
      control_.hurry();
    } else {
      co_await usage_timer_->wait(usage_interval);
    }
  }
}

Task<void> RunProcess::await_end() {
  const auto error = co_await wait_until_readable(pidfd_);
  // Out of kernel memory: a process whose end cannot be watched must end now, as the reaper waits for it.
  if (error) Spawner::signal_group(pid_, SIGKILL);
  close(pidfd_);
  leader_ended_ = true;
  timer_->wake();
}

// A program may end without having read it all, or never read at all: neither is an error.
Task<void> RunProcess::feed_input(std::string input) {
  auto written = input_written_bytes_;
  while (written < input.size()) {
    auto [error] = co_await stdin_.async_wait(Wait::wait_write, as_tuple);
    if (error) co_return;
    const auto count = ::write(stdin_.native_handle(), input.data() + written, input.size() - written);
    if (count >= 0) {
      written += static_cast<std::size_t>(count);
    } else if (errno != EAGAIN && errno != EINTR) {
      break;
    }
  }
  close(stdin_);
}

std::optional<std::string_view> RunProcess::read_some(Descriptor& pipe) {
  const auto count = ::read(pipe.native_handle(), read_buffer_.data(), read_buffer_.size());
  if (count >= 0) return std::string_view(read_buffer_.data(), static_cast<std::size_t>(count));
  if (errno == EAGAIN || errno == EINTR) return std::nullopt;
  return std::string_view{};
}

// One bounded read a turn of the loop, so that a flood from one program leaves the others their turns.
Task<void> RunProcess::drain_output() {
  for (;;) {
    auto [error] = co_await stdout_.async_wait(Wait::wait_read, as_tuple);
    if (error) co_return;
    const auto bytes = read_some(stdout_);
    if (!bytes) continue;
    if (bytes->empty()) break;
    keep_output(*bytes);
  }
  close(stdout_);
  if (--open_pipes_ == 0) timer_->wake();
}

Task<void> RunProcess::drain_errors() {
  for (;;) {
    auto [error] = co_await stderr_.async_wait(Wait::wait_read, as_tuple);
    if (error) co_return;
    const auto bytes = read_some(stderr_);
    if (!bytes) continue;
    if (bytes->empty()) break;
    journal_.feed_log(*bytes);
    journal_writer_.something_came();
  }
  close(stderr_);
  if (--open_pipes_ == 0) timer_->wake();
}

// Whoever may still hold this pipe does not hold up the run's end.
Task<void> RunProcess::drain_events() {
  for (;;) {
    auto [error] = co_await events_.async_wait(Wait::wait_read, as_tuple);
    if (error) co_return;
    const auto bytes = read_some(events_);
    if (!bytes) continue;
    if (bytes->empty()) break;
    journal_.feed_events(*bytes);
    journal_writer_.something_came();
  }
  close(events_);
}

// What the program wrote just before its end. Nobody writes any more, so this is what a pipe holds at most.
void RunProcess::read_last_events() {
  if (!events_.is_open()) return;
  while (const auto bytes = read_some(events_)) {
    if (bytes->empty()) break;
    journal_.feed_events(*bytes);
  }
  close(events_);
}

void RunProcess::keep_output(std::string_view bytes) {
  if (control_.reason() == StopReason::output_limit) return;
  if (output_.size() + bytes.size() <= options_.output_bytes) {
    output_.append(bytes);
    return;
  }
  output_ = {};
  control_.stop(StopReason::output_limit);
}

}  // namespace crewship
