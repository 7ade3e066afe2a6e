// The webhooks of a deployment, both kinds on one page.
import { useState } from "preact/hooks";

import { is_delivery_change, is_run_change, mentions } from "../lib/changes";
import { environment_of } from "../lib/environment";
import { useList } from "../lib/query";
import { set_query, usePlace } from "../lib/router";
import type { Deployment, IncomingWebhook, OutgoingWebhook } from "../lib/types";
import { Icon } from "../ui/icons";
import { ListTable } from "../ui/list";
import { AddIncoming } from "./webhooks/add_incoming";
import { AddOutgoing } from "./webhooks/add_outgoing";
import { IncomingRow } from "./webhooks/incoming_row";
import { OutgoingRow } from "./webhooks/outgoing_row";

export function Webhooks({ deployment }: { deployment: Deployment }) {
  return (
    <>
      <Incoming deployment={deployment} />
      <Outgoing deployment={deployment} />
    </>
  );
}

// The open row is in the address.
function useOpenRow(): [string | null, (id: string) => void] {
  const open = usePlace().query.get("open");
  return [open, (id) => set_query({ open: id === open ? null : id }, "replace")];
}

function in_environment<Row extends { environment: string }>(rows: Row[] | undefined, environment: string | null) {
  return environment === null ? rows : rows?.filter((row) => row.environment === environment);
}

function Incoming({ deployment }: { deployment: Deployment }) {
  const environment = environment_of(usePlace().query);
  const concerned = mentions(deployment.id);
  const list = useList<IncomingWebhook>(
    `/v1/deployments/${deployment.id}/incoming-webhooks`,
    "incoming_webhooks",
    (change) => is_run_change(change) && concerned(change),
  );
  const [adding, set_adding] = useState(false);
  const [open, toggle] = useOpenRow();
  const rows = in_environment(list.rows, environment);
  const add = (
    <button type="button" class={list.rows?.length ? "" : "primary"} onClick={() => set_adding(true)}>
      <Icon name="plus" /> Add Incoming Webhook
    </button>
  );
  return (
    <section aria-labelledby="incoming-title">
      <div class="section-head">
        <div>
          <h2 id="incoming-title">Incoming webhooks</h2>
          <p class="hint">Secret URLs. A POST to one starts a run with the JSON body as its input.</p>
        </div>
        {!adding && rows && rows.length > 0 && add}
      </div>
      {adding && (
        <AddIncoming deployment={deployment} added={list.reload} close={() => set_adding(false)} />
      )}
      {!(adding && rows?.length === 0) && (
        <ListTable
          label="Incoming webhooks"
          list={{ ...list, rows }}
          clear_filter={list.rows?.length && environment ? () => set_query({ environment: null }) : undefined}
          empty={
            <>
              <p>No incoming webhook yet. Add one to get a URL that a CI job, a cron line or a form tool can call.</p>
              {add}
            </>
          }
          columns={
            <>
              <th>Name</th>
              <th class="wide">Environment</th>
              <th class="stretch wide">URL</th>
              <th class="wide">Last runs</th>
              <th class="wide right">Last used</th>
              <th class="right">Enabled</th>
            </>
          }
          row={(webhook) => (
            <IncomingRow
              key={webhook.id}
              webhook={webhook}
              open={open === webhook.id}
              toggle={() => toggle(webhook.id)}
              changed={list.reload}
            />
          )}
        />
      )}
    </section>
  );
}

function Outgoing({ deployment }: { deployment: Deployment }) {
  const environment = environment_of(usePlace().query);
  const list = useList<OutgoingWebhook>(
    `/v1/deployments/${deployment.id}/outgoing-webhooks`,
    "outgoing_webhooks",
    is_delivery_change,
  );
  const [adding, set_adding] = useState(false);
  const [open, toggle] = useOpenRow();
  const rows = in_environment(list.rows, environment);
  const add = (
    <button type="button" class={list.rows?.length ? "" : "primary"} onClick={() => set_adding(true)}>
      <Icon name="plus" /> Add Outgoing Webhook
    </button>
  );
  return (
    <section aria-labelledby="outgoing-title">
      <div class="section-head">
        <div>
          <h2 id="outgoing-title">Outgoing webhooks</h2>
          <p class="hint">Your URLs. When a run ends, each gets a signed POST with the result.</p>
        </div>
        {!adding && rows && rows.length > 0 && add}
      </div>
      {adding && (
        <AddOutgoing deployment={deployment} added={list.reload} close={() => set_adding(false)} />
      )}
      {!(adding && rows?.length === 0) && (
        <ListTable
          label="Outgoing webhooks"
          list={{ ...list, rows }}
          clear_filter={list.rows?.length && environment ? () => set_query({ environment: null }) : undefined}
          empty={
            <>
              <p>No outgoing webhook yet. Add one to be told when a run succeeds or fails.</p>
              {add}
            </>
          }
          columns={
            <>
              <th>Name</th>
              <th class="wide">Environment</th>
              <th class="stretch wide">URL</th>
              <th class="wide">Last deliveries</th>
              <th class="wide right">Last used</th>
              <th class="right">Enabled</th>
            </>
          }
          row={(webhook) => (
            <OutgoingRow
              key={webhook.id}
              webhook={webhook}
              open={open === webhook.id}
              toggle={() => toggle(webhook.id)}
              changed={list.reload}
            />
          )}
        />
      )}
    </section>
  );
}
