#include "machine.hpp"

#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <crewship/store/deliveries.hpp>
#include <crewship/store/deployments.hpp>
#include <crewship/store/runs.hpp>
#include <crewship/store/webhooks.hpp>

namespace crewship::testing_support {
namespace {

using namespace std::chrono_literals;

// Then the machine gets a new disk, so that looking at it stays quick.
constexpr std::size_t cuts_of_a_disk = 25;

std::string attempt_name(const Attempt& attempt) {
  return "attempt " + attempt.delivery_id.text() + "/" + std::to_string(attempt.number);
}

}  // namespace

void Machine::lose_power() {
  if (pick(cuts_of_a_disk) == 0) {
    disk_.forget_everything();
    facts_.clear();
    open_runs_.clear();
  }
  // Often soon, so that it hits the start, the recovery and the first commits; else anywhere.
  static constexpr std::array<std::uint64_t, 4> spans{8, 60, 400, 4000};
  disk_.cut_after(1 + pick(spans[pick(spans.size())]));
  if (boot()) work();
  shut_down();
  flying_.clear();
  disk_.power_on();
  check();
}

bool Machine::boot() {
  StoreOptions options;
  options.data_dir = dir_ / "data";
  auto opened = Store::open(std::move(options), loop_.executor(), clock_, secrets_);
  if (!opened) {
    if (!disk_.is_cut()) violations_.push_back("I7: the store does not open: " + opened.error().message);
    return false;
  }
  store_ = *std::move(opened);
  if (!facts_.contains("setup")) {
    deployment_ = {ids_.make<DeploymentId>(), "crew", clock_.now()};
    version_ = {};
    version_.id = ids_.make<VersionId>();
    version_.deployment_id = deployment_.id;
    version_.runner = BuiltinRunner{"echo"};
    webhook_ = {};
    webhook_.id = ids_.make<OutgoingWebhookId>();
    webhook_.deployment_id = deployment_.id;
    webhook_.url = "https://example.com/hook";
    webhook_.events = {EventType::run_succeeded};
    ask(
        [this](Tx& tx) -> Result<> {
          insert_deployment(tx, deployment_);
          insert_version(tx, version_);
          insert_outgoing_webhook(tx, webhook_, "whsec_secret");
          return {};
        },
        [this] { acknowledge("setup", 1); });
  }
  ask(
      [this](Tx& tx) -> Result<> {
        release_interrupted_attempts(tx, clock_.now());
        return {};
      },
      [] {});
  loop_.until([this] { return unanswered_ == 0; });
  return facts_.contains("setup");
}

void Machine::work() {
  // Enough pages at once for a checkpoint in the middle, now and then.
  const bool bulk = pick(10) == 0;
  const auto groups = 1 + pick(8);
  for (std::uint64_t group = 0; group < groups && !disk_.is_cut(); ++group) {
    clock_.advance(1ms);
    const auto jobs = bulk ? 14 : 1 + pick(6);
    for (std::uint64_t job = 0; job < jobs; ++job) {
      const auto kind = pick(8);
      if (bulk || kind < 3) {
        begin_run(bulk ? 300'000 : pick(9000));
      } else if (kind < 6) {
        end_run();
      } else if (kind < 7) {
        claim();
      } else {
        record();
      }
    }
    loop_.until([this] { return unanswered_ == 0; });
  }
}

void Machine::shut_down() {
  if (!disk_.is_cut()) {
    // The last connection's checkpoint, or nothing at all.
    if (pick(2) == 0) {
      disk_.cut_after(1 + pick(30));
    } else {
      disk_.cut_now();
    }
  }
  store_.reset();
  disk_.cut_now();
  loop_.poll();
  log_.clear();
}

void Machine::ask(Job job, std::function<void()> when_acknowledged) {
  ++unanswered_;
  asio::co_spawn(loop_.context(), write(std::move(job), std::move(when_acknowledged)), asio::detached);
}

Task<void> Machine::write(Job job, std::function<void()> when_acknowledged) {
  const auto written = co_await store_->write(std::ref(job));
  if (written) when_acknowledged();
  --unanswered_;
}

void Machine::acknowledge(const std::string& what, int far) {
  facts_[what] = std::max(facts_[what], far);
  ++acknowledged_;
}

void Machine::begin_run(std::size_t input_bytes) {
  Run run;
  run.id = ids_.make<RunId>();
  run.deployment_id = deployment_.id;
  run.version_id = version_.id;
  run.version_number = 1;
  run.status = RunStatus::running;
  run.input = R"({"x":")" + std::string(input_bytes, 'x') + R"("})";
  run.created_at = run.started_at.emplace(clock_.now());
  ask(
      [run](Tx& tx) -> Result<> {
        insert_run(tx, run);
        return {};
      },
      [this, run] {
        acknowledge("run " + run.id.text(), 1);
        open_runs_.push_back(run);
      });
}

void Machine::end_run() {
  if (open_runs_.empty()) return;
  const auto chosen = open_runs_.begin() + static_cast<std::ptrdiff_t>(pick(open_runs_.size()));
  const Run ended = advance(*chosen, RunSucceeded{R"({"done":true})"}, clock_.now()).value();
  open_runs_.erase(chosen);
  ask(
      [this, ended](Tx& tx) -> Result<> {
        update_run(tx, ended);
        insert_deliveries_for_run(
            tx, ended, EventType::run_succeeded, [this] { return ids_.make<DeliveryId>(); },
            [] { return R"({"event":"run.succeeded"})"; }, clock_.now());
        return {};
      },
      [this, ended] { acknowledge("run " + ended.id.text(), 2); });
}

void Machine::claim() {
  const auto result = std::make_shared<ClaimResult>();
  ask(
      [this, result](Tx& tx) -> Result<> {
        const std::array requests{ClaimRequest{.outgoing_webhook_id = webhook_.id, .limit = 3}};
        *result = claim_due_deliveries(tx, requests, clock_.now(), [this] { return ids_.make<AttemptId>(); });
        return {};
      },
      [this, result] {
        for (auto& claimed : result->claimed) {
          acknowledge(attempt_name(claimed.attempt), 1);
          flying_.push_back(std::move(claimed));
        }
      });
}

void Machine::record() {
  if (flying_.empty()) return;
  Attempt attempt = flying_.back().attempt;
  flying_.pop_back();
  attempt.status = AttemptStatus::succeeded;
  attempt.response_status = 200;
  attempt.duration = 5ms;
  ask(
      [this, attempt](Tx& tx) -> Result<> {
        const auto decide = [](const Delivery&, bool) { return NextStep{DeliveryStatus::succeeded, 0, {}, {}, {}}; };
        record_attempt(tx, attempt, decide, clock_.now());
        return {};
      },
      [this, attempt] { acknowledge(attempt_name(attempt), 2); });
}

Machine::Facts Machine::facts_on_disk() {
  Facts found;
  const auto file = (dir_ / "data" / "crewship.db").string();
  SQLite::Database database(file, SQLite::OPEN_READWRITE);
  const auto each = [&](const char* sql, const auto& look) {
    SQLite::Statement rows(database, sql);
    while (rows.executeStep()) look(rows);
  };
  each("PRAGMA integrity_check", [&](SQLite::Statement& row) {
    if (const std::string text = row.getColumn(0); text != "ok") violations_.push_back("I7: " + text);
  });
  if (!database.tableExists("attempts")) return found;
  each("SELECT id FROM outgoing_webhooks", [&](SQLite::Statement&) { found["setup"] = 1; });
  each("SELECT id, completed_at IS NOT NULL FROM runs",
       [&](SQLite::Statement& row) { found["run " + row.getColumn(0).getString()] = row.getColumn(1).getInt() + 1; });
  each(
      "SELECT delivery_id || '/' || number, 1 FROM attempts UNION ALL SELECT delivery_id || '/' || number, 0 FROM "
      "attempts_in_flight",
      [&](SQLite::Statement& row) {
        found["attempt " + row.getColumn(0).getString()] = row.getColumn(1).getInt() + 1;
      });
  each(
      "SELECT r.id FROM runs r LEFT JOIN deliveries d ON d.run_id = r.id LEFT JOIN delivery_bodies b ON "
      "b.delivery_id = d.id WHERE (r.completed_at IS NULL) <> (d.id IS NULL) OR (d.id IS NULL) <> (b.body IS NULL)",
      [&](SQLite::Statement& row) { violations_.push_back("I3: half an end of run " + row.getColumn(0).getString()); });
  return found;
}

void Machine::check() {
  // The store's own recovery must find what the power left, not what this look makes of it.
  const auto image = disk_.save();
  Facts found;
  try {
    found = facts_on_disk();
  } catch (const SQLite::Exception& exception) {
    if (!facts_.empty()) violations_.push_back(std::string("I7: ") + exception.what());
  }
  disk_.restore(image);
  for (const auto& [what, far] : facts_) {
    const auto place = found.find(what);
    if (place == found.end() || place->second < far)
      violations_.push_back("I1: " + what + " was acknowledged, is lost");
  }
  // What was written and not acknowledged may be there; from now on it counts like the rest.
  facts_ = std::move(found);
  std::erase_if(open_runs_, [this](const Run& run) { return facts_["run " + run.id.text()] != 1; });
}

}  // namespace crewship::testing_support
