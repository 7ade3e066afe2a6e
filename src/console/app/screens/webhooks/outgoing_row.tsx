import { useState } from "preact/hooks";

import { patch, post } from "../../lib/api";
import { useAction } from "../../lib/query";
import { href } from "../../lib/router";
import { verify_snippets } from "../../lib/snippets";
import type { Delivery, OutgoingWebhook } from "../../lib/types";
import { Snippets } from "../../ui/code";
import { CopyButton } from "../../ui/copy";
import { Confirm } from "../../ui/dialog";
import { EnvironmentTag } from "../../ui/environment_tag";
import { FormError, Switch } from "../../ui/form";
import { Icon } from "../../ui/icons";
import { say } from "../../ui/notice";
import { Recent } from "../../ui/status";
import { Ago } from "../../ui/time";
import { WebhookFoot } from "./foot";
import { OutgoingForm, type OutgoingFields } from "./outgoing_form";
import { NewSecret } from "./secret";
import { ToggleRow } from "./toggle_row";

interface OutgoingRowProps {
  webhook: OutgoingWebhook;
  open: boolean;
  toggle: () => void;
  changed: () => void;
}

export function OutgoingRow({ webhook, open, toggle, changed }: OutgoingRowProps) {
  const [disabling, set_disabling] = useState(false);
  const set_enabled = async (enabled: boolean) => {
    await patch(`/v1/outgoing-webhooks/${webhook.id}`, { enabled });
    say(enabled ? `${webhook.name} is enabled` : `${webhook.name} is disabled`);
    changed();
  };
  const enable = useAction(set_enabled);
  return (
    <ToggleRow
      name={webhook.name}
      open={open}
      toggle={toggle}
      columns={6}
      cells={
        <>
          <td>
            <EnvironmentTag environment={webhook.environment} />
          </td>
          <td class="stretch wide">
            <span class="url-cell">
              <code title={webhook.url}>{webhook.url}</code>
              <CopyButton what={`Copy URL of ${webhook.name}`} text={webhook.url} small />
            </span>
          </td>
          <td class="wide">
            <Recent statuses={webhook.recent} of="deliveries" />
          </td>
          <td class="wide right">
            {webhook.last_used_at ? <Ago at={webhook.last_used_at} /> : <span class="muted">never</span>}
          </td>
          <td class="right">
            <Switch
              label={`${webhook.name} enabled`}
              on={webhook.enabled}
              busy={enable.pending}
              set={(on) => (on ? void enable.run(true) : set_disabling(true))}
            />
            <FormError error={enable.error} />
            {disabling && (
              <Confirm
                title={`Disable ${webhook.name}?`}
                button="Disable"
                close={() => set_disabling(false)}
                act={() => set_enabled(false)}
              >
                <p>Nothing new is sent to it, and deliveries that wait for a retry end as failed. They can be sent again later.</p>
              </Confirm>
            )}
          </td>
        </>
      }
    >
      {() => <OutgoingDetail webhook={webhook} changed={changed} />}
    </ToggleRow>
  );
}

function OutgoingDetail({ webhook, changed }: { webhook: OutgoingWebhook; changed: () => void }) {
  const path = `/v1/outgoing-webhooks/${webhook.id}`;
  const [editing, set_editing] = useState(false);
  const [secret, set_secret] = useState<string>();
  const [sent, set_sent] = useState<Delivery>();
  const test = useAction(async () => {
    set_sent(await post<Delivery>(`${path}/test`));
    say("A test event is on its way");
  });
  const edit = useAction(async ({ environment: _fixed, ...fields }: OutgoingFields) => {
    await patch(path, fields);
    set_editing(false);
    say("Saved");
    changed();
  });
  if (editing) {
    return (
      <OutgoingForm
        title={`Change ${webhook.name}`}
        button="Save"
        start={webhook}
        fixed_environment
        error={edit.error}
        pending={edit.pending}
        save={(fields) => void edit.run(fields)}
        close={() => set_editing(false)}
      />
    );
  }
  if (secret !== undefined) {
    return (
      <div class="detail">
        <NewSecret secret={secret} close={() => set_secret(undefined)} />
      </div>
    );
  }
  const headers = Object.keys(webhook.headers);
  return (
    <div class="detail">
      <div class="buttons start">
        <a class="button primary" href={href("/deliveries", { outgoing_webhook_id: webhook.id })}>
          <Icon name="deliveries" /> Deliveries
        </a>
        <button type="button" disabled={test.pending} onClick={() => void test.run()}>
          Send test event
        </button>
        <button type="button" onClick={() => set_editing(true)}>
          Change
        </button>
        {sent && (
          <a href={href(`/deliveries/${sent.id}`)}>
            See what became of it
          </a>
        )}
      </div>
      <FormError error={test.error} />
      <dl class="facts">
        <div>
          <dt>Target URL</dt>
          <dd>
            <code class="break">{webhook.url}</code>
          </dd>
        </div>
        <div>
          <dt>Events</dt>
          <dd>{webhook.events.join(", ")}</dd>
        </div>
        {headers.length > 0 && (
          <div>
            <dt>Own headers</dt>
            <dd>{headers.join(", ")}</dd>
          </div>
        )}
      </dl>
      <h3>Verify what comes</h3>
      <Snippets snippets={verify_snippets} label="How to verify" />
      <WebhookFoot
        webhook={webhook}
        path={path}
        renewed="secret"
        regenerate={async () => set_secret((await post<OutgoingWebhook>(`${path}/regenerate-secret`)).secret)}
        regenerating_means="The old secret stops at once: everything sent from now on, waiting retries included, is signed with the new one. Your receiver refuses it until it has the new secret."
        deleting_means="Nothing more is sent to it, and its waiting deliveries end as failed."
        changed={changed}
      />
    </div>
  );
}
