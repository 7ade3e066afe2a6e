#include "load.hpp"

#include <system_error>

#include <e2e/raw_connection.hpp>

namespace crewship::testing_support {

Load::Load(const Daemon& daemon, const std::vector<Crew>& crews, Ledger& ledger, std::size_t callers,
           std::uint64_t seed)
    : daemon_(daemon), crews_(crews), ledger_(ledger) {
  for (std::size_t i = 0; i < callers; ++i) threads_.emplace_back([this, seed, i] { call(seed * 1000 + i); });
}

void Load::join() {
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

// A third of the calls can be repeated. The first crew takes all of these, as a key belongs to a webhook.
std::optional<std::string> Load::choose_key(std::mt19937_64& random) {
  if (random() % 3 != 0) return std::nullopt;
  if (auto again = ledger_.take_unanswered()) return again;
  return "key-" + std::to_string(random());
}

void Load::call(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::optional<std::string> key;
  try {
    RawConnection connection(daemon_);
    while (!stopping_) {
      key = choose_key(random);
      const Crew& crew = key ? crews_.front() : crews_[random() % crews_.size()];
      const std::string body =
          R"({"key":")" + key.value_or("") + R"(","more":")" + std::string(random() % 3000, 'x') + R"("})";
      // The same key must come with the same body.
      const std::string sent = key ? R"({"key":")" + *key + R"("})" : body;
      connection.send(trigger_request(crew, sent, key ? "Idempotency-Key: " + *key + "\r\n" : ""));
      const Answer answer = connection.answer();
      if (answer.status == 202) {
        ledger_.accepted(answer.json().value("run_id", ""), key, !answer.header("Idempotent-Replayed").empty());
      } else if (key) {
        ledger_.unanswered(*key);
      }
      if (answer.status == 0) return;
    }
  } catch (const std::system_error&) {
    // The daemon is gone in the middle of a call.
    if (key) ledger_.unanswered(*key);
  }
}

}  // namespace crewship::testing_support
