// A store whose writer can be held, so that several jobs become one group.
#pragma once

#include <functional>
#include <optional>

#include "store_fixture.hpp"
#include "support/blocked_writer.hpp"

namespace crewship {

using Outcome = std::optional<Result<>>;

inline Task<void> write_into(Store& store, std::function<Result<>(Tx&)> fn, Outcome& outcome,
                             Undo undo = Undo::itself) {
  outcome = co_await store.write(std::move(fn), undo);
}

class GroupCommit : public StoreTest {
 protected:
  void SetUp() override { open(); }

  void spawn(std::function<Result<>(Tx&)> fn, Outcome& outcome, Undo undo = Undo::itself) {
    asio::co_spawn(loop.context(), write_into(*store, std::move(fn), outcome, undo), asio::detached);
    loop.poll();
  }
  // Holds the writer's thread, so that what is spawned meanwhile becomes one group.
  void hold_writer() { held.emplace(loop, *store); }
  void release_writer() { held->release(); }

  auto insert(const Deployment& deployment) {
    return [deployment](Tx& tx) -> Result<> {
      insert_deployment(tx, deployment);
      return {};
    };
  }
  Deployment new_deployment() { return {ids.make<DeploymentId>(), "crew", clock.now()}; }
  bool exists(const Deployment& deployment) {
    return read([&](Tx& tx) { return find_deployment(tx, deployment.id).has_value(); });
  }

  std::optional<BlockedWriter> held;
};

}  // namespace crewship
