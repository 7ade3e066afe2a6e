import { get, patch, post } from "../../lib/api";
import { useAction, useQuery } from "../../lib/query";
import { trigger_snippets } from "../../lib/snippets";
import type { IncomingWebhook } from "../../lib/types";
import { CodeBlock, Snippets } from "../../ui/code";
import { CopyButton } from "../../ui/copy";
import { EnvironmentTag } from "../../ui/environment_tag";
import { FormError, Switch } from "../../ui/form";
import { ErrorState, Skeleton } from "../../ui/list";
import { say } from "../../ui/notice";
import { Recent } from "../../ui/status";
import { Ago } from "../../ui/time";
import { WebhookFoot } from "./foot";
import { ToggleRow } from "./toggle_row";

interface IncomingRowProps {
  webhook: IncomingWebhook;
  open: boolean;
  toggle: () => void;
  changed: () => void;
}

export function IncomingRow({ webhook, open, toggle, changed }: IncomingRowProps) {
  const path = `/v1/incoming-webhooks/${webhook.id}`;
  const enable = useAction(async (enabled: boolean) => {
    await patch(path, { enabled });
    say(enabled ? `${webhook.name} is enabled` : `${webhook.name} is disabled: its URL answers 404`);
    changed();
  });
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
              <code>{webhook.masked_url ?? "…/webhooks/runs/****"}</code>
              <CopyButton
                what={`Copy URL of ${webhook.name}`}
                text={async () => (await get<IncomingWebhook>(path)).url ?? ""}
                small
              />
            </span>
          </td>
          <td class="wide">
            <Recent statuses={webhook.recent} of="runs" />
          </td>
          <td class="wide right">
            {webhook.last_used_at ? <Ago at={webhook.last_used_at} /> : <span class="muted">never</span>}
          </td>
          <td class="right">
            <Switch
              label={`${webhook.name} enabled`}
              on={webhook.enabled}
              busy={enable.pending}
              set={(on) => void enable.run(on)}
            />
            <FormError error={enable.error} />
          </td>
        </>
      }
    >
      {() => <IncomingDetail webhook={webhook} changed={changed} />}
    </ToggleRow>
  );
}

function IncomingDetail({ webhook, changed }: { webhook: IncomingWebhook; changed: () => void }) {
  const path = `/v1/incoming-webhooks/${webhook.id}`;
  const whole = useQuery<IncomingWebhook>(path);
  if (!whole.data?.url) {
    return whole.error ? <ErrorState error={whole.error} retry={whole.reload} /> : <Skeleton rows={3} />;
  }
  return (
    <div class="detail">
      <CodeBlock text={whole.data.url} what="Copy URL" label={`URL of ${webhook.name}`} />
      <Snippets snippets={trigger_snippets(whole.data.url)} label="How to call it" />
      <WebhookFoot
        webhook={webhook}
        path={path}
        renewed="URL"
        regenerate={async () => {
          whole.set(await post<IncomingWebhook>(`${path}/regenerate-token`));
          say("The new URL is shown; the old one answers 404");
          changed();
        }}
        regenerating_means="The old URL stops working at once. Whoever calls it needs the new one."
        deleting_means="Its URL answers 404 from now on. Past runs stay."
        changed={changed}
      />
    </div>
  );
}
