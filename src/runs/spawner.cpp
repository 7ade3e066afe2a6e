#include <crewship/runs/spawner.hpp>

#include <csignal>

#include <sys/prctl.h>

#include "child_start.hpp"
#include "instance_marker.hpp"
#include "leaders.hpp"
#include "reaper.hpp"
#include "run_usage.hpp"
#include "spawner_thread.hpp"

namespace crewship {
namespace {

// So many starts wait before a second thread helps. Each start waits for the processor twice, so one thread alone
// leaves some of it unused when nothing but starts goes on; but a second one takes it from everything else.
constexpr std::size_t starts_for_a_helper = 16;

}  // namespace

struct Spawner::Impl {
  Impl(Executor executor, ProcessGuard& guard, std::optional<RunAs> as)
      : run_as(std::move(as)),
        marker(marker_entry(guard.instance_marker())),
        leaders(guard),
        reaper(leaders, guard),
        reaping(
            executor, "reaper", [this] { return leaders.count() > 0; }, [this] { reaper.collect_strays(); }),
        starting(executor, "spawner"),
        helping(executor, "spawner-2") {}

  Result<Child> start(const SpawnRequest& request) {
    const auto tag = leaders.begin_start();
    auto child = start_child(request, {.entry = marker, .tag = tag}, run_as ? &*run_as : nullptr);
    if (!child) {
      leaders.failed_to_start();
    } else if (leaders.started(child->pid, tag)) {
      reaping.look_again();
    }
    return child;
  }

  SpawnerThread& starter() {
    const auto waiting = starting.waiting();
    return waiting >= starts_for_a_helper && helping.waiting() < waiting ? helping : starting;
  }

  std::optional<RunAs> run_as;
  std::string marker;
  Leaders leaders;
  Reaper reaper;  // the thread's below
  SpawnerThread reaping;
  SpawnerThread starting;  // they use all the others
  SpawnerThread helping;
};

Spawner::Spawner(Executor executor, ProcessGuard& guard, std::optional<RunAs> run_as) {
  // What loses its parent comes to us, so that it can be found and ended.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  // A program that does not read its input must not end the daemon.
  ::signal(SIGPIPE, SIG_IGN);
  impl_ = std::make_unique<Impl>(std::move(executor), guard, std::move(run_as));
}

Spawner::~Spawner() = default;

Task<Result<Child>> Spawner::start(SpawnRequest request) {
  auto job = [impl = impl_.get(), request = std::move(request)] { return impl->start(request); };
  return impl_->starter().run<Result<Child>>(std::move(job));
}

Task<ExitStatus> Spawner::reap(pid_t pid, std::string run_id) {
  auto job = [impl = impl_.get(), pid, run_id = std::move(run_id)] { return impl->reaper.reap(pid, run_id); };
  return impl_->reaping.run<ExitStatus>(std::move(job));
}

Task<RunUsage> Spawner::measure(pid_t pid, ResourceLimits limits) {
  auto job = [impl = impl_.get(), pid, limits] { return measure_run(pid, impl->leaders.tag_of(pid), limits); };
  return impl_->reaping.run<RunUsage>(std::move(job));
}

std::size_t Spawner::children() const { return impl_->leaders.count(); }

void Spawner::signal_group(pid_t pid, int signal) {
  // kill(-1) would reach every process of the user; no child has such an id.
  if (pid > 1) ::kill(-pid, signal);
}

}  // namespace crewship
