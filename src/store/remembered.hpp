// Rows of the configuration that each run and each delivery needs, as the writer's transactions last read them, the
// numbers of lists of runs, and what is known not to fail. Its jobs of Undo::group add lists and never change any of
// these rows, and tell when something fails; after any other job, and after each rollback, the writer forgets all of
// it. So no job ever sees what is not what the database holds. Writer's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <crewship/domain/delivery.hpp>
#include <crewship/domain/model.hpp>

#include "outgoing_webhooks.hpp"

namespace crewship {

// Of each kind; over it all of the kind are forgotten and read again.
inline constexpr std::size_t max_remembered_rows = 1024;

struct Remembered {
  using Place = std::pair<DeploymentId, Environment>;

  template <class Row>
  using Shared = std::shared_ptr<const Row>;

  std::unordered_map<IncomingWebhookId, Shared<IncomingWebhook>> incoming_webhooks;
  std::map<Place, Shared<Version>> live_versions;
  std::map<Place, Shared<std::vector<Subscriber>>> subscribers;
  std::unordered_map<OutgoingWebhookId, Shared<Target>> targets;
  std::unordered_map<OutgoingWebhookId, Shared<Receiver>> receivers;
  // Numbers, by owner, environment and status.
  std::map<std::tuple<std::string, std::string, std::string>, Shared<std::int64_t>, std::less<>> run_lists;
  // Without a row in failing_versions and failing_webhooks.
  std::set<std::pair<VersionId, Environment>> healthy_versions;
  std::unordered_set<OutgoingWebhookId> healthy_webhooks;

  void forget() { *this = {}; }
};

// What `read` gives, an optional, unless it is remembered; null for nothing. Shared and never changed, because what one
// thread allocates and another frees costs both.
template <class Rows, class Read, class Key = typename Rows::key_type>
typename Rows::mapped_type remembered(Tx& tx, Rows Remembered::* kind, const Key& key, Read read) {
  Remembered* const memory = tx.memory();
  if (memory != nullptr) {
    const Rows& rows = memory->*kind;
    if (const auto found = rows.find(key); found != rows.end()) return found->second;
  }
  auto value = read();
  if (!value) return nullptr;
  auto row = std::make_shared<typename Rows::mapped_type::element_type>(*std::move(value));
  if (memory != nullptr) {
    Rows& rows = memory->*kind;
    if (rows.size() >= max_remembered_rows) rows.clear();
    rows.emplace(key, row);
  }
  return row;
}

// `forget`, which deletes the row that says what fails, unless there is known to be none.
template <class Healthy, class Forget>
void remember_healthy(Tx& tx, Healthy Remembered::* kind, const typename Healthy::key_type& key, Forget forget) {
  Remembered* const memory = tx.memory();
  if (memory == nullptr) return forget();
  Healthy& healthy = memory->*kind;
  if (healthy.contains(key)) return;
  forget();
  if (healthy.size() >= max_remembered_rows) healthy.clear();
  healthy.insert(key);
}

template <class Healthy>
void forget_healthy(Tx& tx, Healthy Remembered::* kind, const typename Healthy::key_type& key) {
  if (Remembered* const memory = tx.memory()) (memory->*kind).erase(key);
}

}  // namespace crewship
