// Deliveries of the whole server, a deployment, a webhook or a run, newest first.
import { useState } from "preact/hooks";

import { with_query } from "../lib/api";
import { is_delivery_change } from "../lib/changes";
import { environment_of } from "../lib/environment";
import { attempt_text, attempts_allowed, failure_text, last_attempt } from "../lib/retries";
import { useList, useQuery } from "../lib/query";
import { href, set_query, usePlace } from "../lib/router";
import type { Delivery, OutgoingWebhook, ServerInfo } from "../lib/types";
import { Id } from "../ui/copy";
import { DeploymentSelect } from "../ui/deployment";
import { Filters, FilterSelect } from "../ui/filters";
import { ListTable, Row } from "../ui/list";
import { HttpCode, StatusMark } from "../ui/status";
import { Ago, Countdown } from "../ui/time";
import { DeliveryDetail } from "./delivery";
import { Recover } from "./recover";

const columns = 8;

export function DeliveriesScreen() {
  const { query } = usePlace();
  const webhook_id = query.get("outgoing_webhook_id");
  const webhook = useQuery<OutgoingWebhook>(webhook_id === null ? null : `/v1/outgoing-webhooks/${webhook_id}`);
  const [recovering, set_recovering] = useState(false);
  return (
    <>
      {webhook.data && (
        <div class="crumbs">
          <a href={href(`/deployments/${webhook.data.deployment_id}/webhooks`, { open: webhook.data.id })}>
            Webhook {webhook.data.name}
          </a>
        </div>
      )}
      <div class="screen-head">
        <h1>{webhook.data ? `Deliveries of ${webhook.data.name}` : "Deliveries"}</h1>
        <div class="spacer" />
        {webhook.data && (
          <button type="button" onClick={() => set_recovering(true)}>
            Recover failed…
          </button>
        )}
      </div>
      <Filters>
        <FilterSelect name="status" label="Status" options={["pending", "succeeded", "failed"]} />
        <FilterSelect name="event" label="Event" options={["run.succeeded", "run.failed", "webhook.test"]} />
        {webhook_id === null ? (
          <DeploymentSelect value={query.get("deployment_id") ?? ""} set={(id) => set_query({ deployment_id: id })} />
        ) : (
          <button type="button" class="quiet" onClick={() => set_query({ outgoing_webhook_id: null })}>
            Show all webhooks
          </button>
        )}
      </Filters>
      <DeliveryList />
      {recovering && webhook.data && <Recover webhook={webhook.data} close={() => set_recovering(false)} />}
    </>
  );
}

function DeliveryList() {
  const { query } = usePlace();
  const filter = {
    status: query.get("status"),
    event: query.get("event"),
    environment: environment_of(query),
    deployment_id: query.get("deployment_id"),
    outgoing_webhook_id: query.get("outgoing_webhook_id"),
    run_id: query.get("run_id"),
  };
  const list = useList<Delivery>(with_query("/v1/deliveries", filter), "deliveries", is_delivery_change);
  const server = useQuery<ServerInfo>("/v1/server");
  const open = query.get("open");
  const { outgoing_webhook_id: _webhook, ...clearable } = filter;
  const cleared = Object.fromEntries(Object.keys(clearable).map((name) => [name, null]));
  return (
    <ListTable
      label="Deliveries"
      list={list}
      clear_filter={Object.values(clearable).some(Boolean) ? () => set_query(cleared) : undefined}
      empty={
        <>
          <p>A delivery is one event sent to one outgoing webhook, with all its attempts. The first comes when a run ends.</p>
          <a class="button primary" href={href("/deployments")}>
            Go to the deployments
          </a>
        </>
      }
      columns={
        <>
          <th>Status</th>
          <th>Event</th>
          <th class="wide">Run</th>
          <th class="right">Code</th>
          <th class="error-column wide">Error</th>
          <th class="wide right">Attempt</th>
          <th class="wide right">Next</th>
          <th class="right">When</th>
        </>
      }
      row={(delivery) => (
        <DeliveryRow
          key={delivery.id}
          delivery={delivery}
          allowed={attempts_allowed(server.data)}
          open={open === delivery.id}
        />
      )}
    />
  );
}

function DeliveryRow({ delivery, allowed, open }: { delivery: Delivery; allowed: number | null; open: boolean }) {
  const { path, query } = usePlace();
  const to = href(path, { ...Object.fromEntries(query), open: open ? null : delivery.id });
  const error = failure_text(delivery);
  return (
    <>
      <Row to={to} open={open}>
        <td>
          <StatusMark status={delivery.status} />
        </td>
        <td class="name-cell">
          <a class="row-link" href={to} aria-expanded={open}>
            {delivery.event}
          </a>
        </td>
        <td class="wide">
          {delivery.run_id ? (
            <a href={href(`/runs/${delivery.run_id}`)}>
              <Id id={delivery.run_id} />
            </a>
          ) : (
            <span class="muted">–</span>
          )}
        </td>
        <td class="right">
          <HttpCode code={last_attempt(delivery)?.response_status ?? null} />
        </td>
        <td class="error-column wide" title={error ?? ""}>
          {error}
        </td>
        <td class="wide right number">{attempt_text(delivery, allowed)}</td>
        <td class="wide right">{delivery.next_attempt_at ? <Countdown at={delivery.next_attempt_at} /> : null}</td>
        <td class="right">
          <Ago at={delivery.created_at} />
        </td>
      </Row>
      {open && (
        <tr class="unfolded">
          <td colSpan={columns}>
            <DeliveryDetail id={delivery.id} />
          </td>
        </tr>
      )}
    </>
  );
}
