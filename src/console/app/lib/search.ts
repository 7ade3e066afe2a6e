// Where an id leads.
import { get } from "./api";
import type { IncomingWebhook, OutgoingWebhook } from "./types";

export interface Destination {
  path: string;
  query?: Record<string, string>;
}

export async function find_by_id(text: string): Promise<Destination | string> {
  const id = text.trim();
  if (!/^[a-z]{3}_[0-9a-z]+$/.test(id)) return "Type a whole id, such as run_…, dlv_…, dep_…, iwh_… or owh_…";
  switch (id.slice(0, 4)) {
    case "run_":
      return { path: `/runs/${id}` };
    case "dlv_":
      return { path: `/deliveries/${id}` };
    case "dep_":
      return { path: `/deployments/${id}` };
    case "iwh_":
      return webhook(id, await get<IncomingWebhook>(`/v1/incoming-webhooks/${id}`));
    case "owh_":
      return webhook(id, await get<OutgoingWebhook>(`/v1/outgoing-webhooks/${id}`));
    default:
      return "Only runs, deliveries, deployments and webhooks can be found by id.";
  }
}

const webhook = (id: string, { deployment_id }: { deployment_id: string }): Destination => ({
  path: `/deployments/${deployment_id}/webhooks`,
  query: { open: id },
});
