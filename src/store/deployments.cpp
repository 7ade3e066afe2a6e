#include <crewship/store/deployments.hpp>

#include <crewship/store/webhooks.hpp>

#include "rows.hpp"
#include "tx.hpp"

namespace crewship {
namespace {

Deployment read_deployment(const Query& row) { return Deployment{row.id<DeploymentId>(0), row.text(1), row.time(2)}; }

}  // namespace

void insert_deployment(Tx& tx, const Deployment& deployment) {
  tx.execute("INSERT INTO deployments(id, name, created_at) VALUES(?, ?, ?)", deployment.id, deployment.name,
             deployment.created_at);
}

std::optional<Deployment> find_deployment(Tx& tx, const DeploymentId& id) {
  Query row = tx.select("SELECT id, name, created_at FROM deployments WHERE id = ? AND deleted_at IS NULL", id);
  if (!row.next()) return std::nullopt;
  return read_deployment(row);
}

Page<Deployment> list_deployments(Tx& tx, const PageRequest& page) {
  const std::string after = first_of_page(page);
  Query rows = tx.select(
      "SELECT id, name, created_at FROM deployments WHERE deleted_at IS NULL AND id < ? ORDER BY id DESC LIMIT ?",
      after, page.limit + 1);
  return read_page<Deployment>(rows, page.limit, read_deployment, [](const Deployment& d) { return d.id.text(); });
}

bool rename_deployment(Tx& tx, const DeploymentId& id, std::string_view name) {
  return tx.execute("UPDATE deployments SET name = ? WHERE id = ? AND deleted_at IS NULL", name, id) > 0;
}

bool delete_deployment(Tx& tx, const DeploymentId& id, WallTime now) {
  if (tx.execute("UPDATE deployments SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL", now, id) == 0)
    return false;
  tx.execute("DELETE FROM environments WHERE deployment_id = ?", id);

  std::vector<IncomingWebhookId> incoming;
  for (Query rows = tx.select("SELECT id FROM incoming_webhooks WHERE deployment_id = ? AND deleted_at IS NULL", id);
       rows.next();) {
    incoming.push_back(rows.id<IncomingWebhookId>(0));
  }
  for (const IncomingWebhookId& webhook : incoming) delete_incoming_webhook(tx, webhook, now);

  std::vector<OutgoingWebhookId> outgoing;
  for (Query rows = tx.select("SELECT id FROM outgoing_webhooks WHERE deployment_id = ? AND deleted_at IS NULL", id);
       rows.next();) {
    outgoing.push_back(rows.id<OutgoingWebhookId>(0));
  }
  for (const OutgoingWebhookId& webhook : outgoing) delete_outgoing_webhook(tx, webhook, now);
  return true;
}

}  // namespace crewship
