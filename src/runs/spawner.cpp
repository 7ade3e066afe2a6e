#include <crewship/runs/spawner.hpp>

#include <atomic>
#include <csignal>

#include <sys/prctl.h>

#include "child_start.hpp"
#include "instance_marker.hpp"
#include "reaper.hpp"
#include "run_usage.hpp"
#include "spawner_thread.hpp"

namespace crewship {

struct Spawner::Impl {
  Impl(Executor executor, ProcessGuard& guard, std::optional<RunAs> as)
      : run_as(std::move(as)),
        marker(marker_entry(guard.instance_marker())),
        reaper(guard),
        thread(std::move(executor), [this] { return reaper.has_leaders(); }, [this] { reaper.collect_strays(); }) {}

  Result<Child> start(const SpawnRequest& request) {
    const auto tag = reaper.next_tag();
    auto child = start_child(request, {.entry = marker, .tag = tag}, run_as ? &*run_as : nullptr);
    if (child) {
      reaper.started(child->pid, tag);
      ++children;
    }
    return child;
  }

  ExitStatus reap(pid_t pid, const std::string& run_id) {
    const auto status = reaper.reap(pid, run_id);
    --children;
    return status;
  }

  std::atomic<std::size_t> children = 0;
  std::optional<RunAs> run_as;
  std::string marker;
  Reaper reaper;         // the thread's
  SpawnerThread thread;  // last: it uses the others
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
  return impl_->thread.run<Result<Child>>(std::move(job));
}

Task<ExitStatus> Spawner::reap(pid_t pid, std::string run_id) {
  auto job = [impl = impl_.get(), pid, run_id = std::move(run_id)] { return impl->reap(pid, run_id); };
  return impl_->thread.run<ExitStatus>(std::move(job));
}

Task<RunUsage> Spawner::measure(pid_t pid, ResourceLimits limits) {
  auto job = [impl = impl_.get(), pid, limits] { return measure_run(pid, impl->reaper.tag_of(pid), limits); };
  return impl_->thread.run<RunUsage>(std::move(job));
}

std::size_t Spawner::children() const { return impl_->children; }

void Spawner::signal_group(pid_t pid, int signal) {
  // kill(-1) would reach every process of the user; no child has such an id.
  if (pid > 1) ::kill(-pid, signal);
}

}  // namespace crewship
