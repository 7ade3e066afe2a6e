#include "life.hpp"

#include <csignal>
#include <stdexcept>

#include "load.hpp"

namespace crewship::testing_support {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t callers = 3;
// Of which a chance death takes any; enough for several of each kind to be under way.
constexpr std::size_t answers_of_a_life = 60;

Json command(std::vector<std::string> words) { return {{"type", "command"}, {"command", words}}; }

bool is_marked(pid_t pid, std::string_view entry) {
  return read_file("/proc/" + std::to_string(pid) + "/environ").find(entry) != std::string::npos;
}

}  // namespace

const std::vector<KillPoint>& kill_points() {
  static const std::vector<KillPoint> points{
      {"commit.before", 60},   {"commit.after", 60},     {"checkpoint.before", 1},
      {"checkpoint.after", 1}, {"start.before", 15},     {"start.after", 15},
      {"answer", 40},          {"reap.before", 10},      {"reap.after", 10},
      {"end.before", 30},      {"end.after", 30},        {"attempt.before", 40},
      {"attempt.after", 40},   {"attempt.recorded", 40}, {"recover", 1}};
  return points;
}

Life::Life(std::uint64_t seed, std::optional<std::string> mutant)
    : random_(seed),
      daemon_({.config = {{"log", {{"level", "info"}}}, {"executor", {{"max_concurrent_runs", 16}}}}}),
      mark_("LIFE=" + daemon_.folder().filename().string()),
      mutant_(std::move(mutant)) {
  set_up();
}

void Life::set_up() {
  daemon_.start();
  const Json env{{"LIFE", daemon_.folder().filename().string()}};
  const auto deploy = [&](const Json& runner, const std::vector<std::pair<std::string, Json>>& subscriptions) {
    crews_.push_back(daemon_.make_crew(runner));
    daemon_.go_live(crews_.back(), runner, {{"env", env}});
    for (const auto& [path, events] : subscriptions) {
      daemon_.subscribe(crews_.back(), subscriber_.url(path), {{"events", events}});
    }
  };
  const Json both{"run.succeeded", "run.failed"};
  deploy(builtin_echo(), {{"/ok", both}, {"/flaky", both}, {"/ok", {"run.failed"}}});
  deploy(command({"cat"}), {{"/ok", both}, {"/flaky", {"run.succeeded"}}});
  deploy(command({"sh", "-c", "echo oh no >&2; exit 3"}), {{"/ok", both}, {"/dead", both}});
  // One that leaves its group, and one that outlives most lives.
  deploy(command({"sh", "-c", "setsid sleep 0.1 & sleep 0.02; echo '{}'"}), {{"/flaky", both}});
  deploy(command({"sleep", "1"}), {{"/ok", both}});
  if (daemon_.stop() != 0) throw std::runtime_error("the first stop failed");
}

void Life::die(const std::optional<KillPoint>& at) {
  auto& environment = daemon_.options().environment;
  environment.clear();
  if (mutant_) environment["CREWSHIP_MUTANT"] = *mutant_;
  if (at) {
    const auto nth = 1 + random_() % static_cast<std::uint64_t>(at->passed_about);
    environment["CREWSHIP_KILL_AT"] = at->name + ":" + std::to_string(nth);
  }
  daemon_.launch();
  const std::size_t enough = ledger_.answers() + (at ? answers_of_a_life : random_() % answers_of_a_life);
  const bool served = daemon_.ready_or_ended();
  if (served) {
    Load load(daemon_, crews_, ledger_, callers, random_());
    while (ledger_.answers() < enough && !daemon_.program().ended_within(1ms)) {
    }
    // A moment of chance between two answers.
    daemon_.program().ended_within(std::chrono::milliseconds(random_() % 4));
    daemon_.program().signal(SIGKILL);
    load.stop();
  }
  const bool by_itself = daemon_.program().wait() != -SIGKILL;
  if (at && !by_itself) ++deaths_at_points_;
  if (by_itself) violations_.push_back("the daemon ended by itself: " + daemon_.log().text());
  check_processes();
  note(checker_.after_crash(daemon_.data_dir(), served));
}

void Life::come_to_rest() {
  daemon_.options().environment.clear();
  if (mutant_) daemon_.options().environment["CREWSHIP_MUTANT"] = *mutant_;
  daemon_.start();
  const bool done = daemon_.eventually([this] {
    const std::string metrics = curl({.url = daemon_.url() + "/metrics"}).body;
    return metrics.find("\ncrewship_deliveries_waiting 0\n") != std::string::npos;
  });
  if (!done) violations_.push_back("I4: deliveries wait for ever");
  if (daemon_.stop() != 0) violations_.push_back("the last stop failed");
  note(checker_.at_rest(daemon_.data_dir()));
  const std::string log = daemon_.whole_log();
  for (const auto& secret : daemon_.secrets()) {
    if (log.find(secret) != std::string::npos) violations_.push_back("I9: a secret is in the log");
    for (const auto& file : std::filesystem::directory_iterator(daemon_.data_dir())) {
      if (file.path().filename() == "admin.key") continue;
      if (read_file(file.path()).find(secret) != std::string::npos) {
        violations_.push_back("I9: a secret is in " + file.path().filename().string());
      }
    }
  }
}

// A guard ends what the daemon's death left, so it may take a moment.
void Life::check_processes() {
  for (const auto& place : std::filesystem::directory_iterator("/proc")) {
    const pid_t pid = std::atoi(place.path().filename().c_str());
    if (pid <= 0 || !is_marked(pid, mark_)) continue;
    if (!daemon_.eventually([pid] { return !process_lives(pid); })) {
      violations_.push_back("I8: process " + std::to_string(pid) + " outlives the daemon");
    }
  }
}

void Life::note(Violations found) {
  for (auto& violation : found) {
    if (violations_.size() < 100) violations_.push_back(std::move(violation));
  }
}

}  // namespace crewship::testing_support
