// Rows of the configuration that each run and each delivery needs, as the writer's transactions last read them. Its
// jobs of Undo::group never change them; after any other job, and after each rollback, the writer forgets them all. So
// no job ever sees a row that is not what the database holds. Writer's thread.
#pragma once

#include <cstddef>
#include <map>
#include <unordered_map>
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

  std::unordered_map<IncomingWebhookId, IncomingWebhook> incoming_webhooks;
  std::map<Place, Version> live_versions;
  std::map<Place, std::vector<Subscriber>> subscribers;
  std::unordered_map<OutgoingWebhookId, Target> targets;
  std::unordered_map<OutgoingWebhookId, Receiver> receivers;

  void forget() { *this = {}; }
};

// What `read` gives, an optional, unless it is remembered.
template <class Rows, class Read>
auto remembered(Tx& tx, Rows Remembered::* kind, const typename Rows::key_type& key, Read read) -> decltype(read()) {
  Remembered* const memory = tx.memory();
  if (memory == nullptr) return read();
  Rows& rows = memory->*kind;
  if (const auto found = rows.find(key); found != rows.end()) return found->second;
  auto value = read();
  if (value) {
    if (rows.size() >= max_remembered_rows) rows.clear();
    rows.emplace(key, *value);
  }
  return value;
}

}  // namespace crewship
