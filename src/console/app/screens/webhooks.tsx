// The webhooks of a deployment, both kinds on one page.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import { is_delivery_change, is_run_change, mentions } from "../lib/changes";
import { environment_of } from "../lib/environment";
import type { Change } from "../lib/live";
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
  const concerned = mentions(deployment.id);
  return (
    <>
      <Section<IncomingWebhook>
        deployment={deployment}
        kind="incoming"
        hint="Secret URLs. A POST to one starts a run with the JSON body as its input."
        empty="No incoming webhook yet. Add one to get a URL that a CI job, a cron line or a form tool can call."
        marks="Last runs"
        concerned={(change) => is_run_change(change) && concerned(change)}
        Add={AddIncoming}
        Row={IncomingRow}
      />
      <Section<OutgoingWebhook>
        deployment={deployment}
        kind="outgoing"
        hint="Your URLs. When a run ends, each gets a signed POST with the result."
        empty="No outgoing webhook yet. Add one to be told when a run succeeds or fails."
        marks="Last deliveries"
        concerned={is_delivery_change}
        Add={AddOutgoing}
        Row={OutgoingRow}
      />
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

interface RowProps<Row> {
  webhook: Row;
  open: boolean;
  toggle: () => void;
  changed: () => void;
}

interface SectionProps<Row> {
  deployment: Deployment;
  kind: "incoming" | "outgoing";
  hint: string;
  empty: string;
  marks: string; // what the coloured marks of a row are
  concerned: (change: Change) => boolean;
  Add: (props: { deployment: Deployment; added: () => void; close: () => void }) => ComponentChildren;
  Row: (props: RowProps<Row>) => ComponentChildren;
}

function Section<Row extends IncomingWebhook | OutgoingWebhook>(props: SectionProps<Row>) {
  const { deployment, kind, Add, Row } = props;
  const environment = environment_of(usePlace().query);
  const list = useList<Row>(`/v1/deployments/${deployment.id}/${kind}-webhooks`, `${kind}_webhooks`, props.concerned);
  const [adding, set_adding] = useState(false);
  const [open, toggle] = useOpenRow();
  const rows = in_environment(list.rows, environment);
  const title = kind === "incoming" ? "Incoming" : "Outgoing";
  const add = (
    <button type="button" class={list.rows?.length ? "" : "primary"} onClick={() => set_adding(true)}>
      <Icon name="plus" /> Add {title} Webhook
    </button>
  );
  return (
    <section aria-labelledby={`${kind}-title`}>
      <div class="section-head">
        <div>
          <h2 id={`${kind}-title`}>{title} webhooks</h2>
          <p class="hint">{props.hint}</p>
        </div>
        {!adding && rows && rows.length > 0 && add}
      </div>
      {adding && <Add deployment={deployment} added={list.reload} close={() => set_adding(false)} />}
      {!(adding && rows?.length === 0) && (
        <ListTable
          label={`${title} webhooks`}
          list={{ ...list, rows }}
          clear_filter={list.rows?.length && environment ? () => set_query({ environment: null }) : undefined}
          empty={
            <>
              <p>{props.empty}</p>
              {add}
            </>
          }
          columns={
            <>
              <th>Name</th>
              <th>Environment</th>
              <th class="stretch wide">URL</th>
              <th class="wide">{props.marks}</th>
              <th class="wide right">Last used</th>
              <th class="right">Enabled</th>
            </>
          }
          row={(webhook) => (
            <Row
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
