// What stands below the details of a webhook of either kind: its id, and what can be done to all of it.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import { remove } from "../../lib/api";
import type { IncomingWebhook, OutgoingWebhook } from "../../lib/types";
import { Id } from "../../ui/copy";
import { Confirm } from "../../ui/dialog";
import { say } from "../../ui/notice";
import { Ago } from "../../ui/time";

interface WebhookFootProps {
  webhook: IncomingWebhook | OutgoingWebhook;
  path: string;
  renewed: "URL" | "secret";
  regenerate: () => Promise<void>;
  regenerating_means: ComponentChildren;
  deleting_means: ComponentChildren;
  changed: () => void;
}

export function WebhookFoot(props: WebhookFootProps) {
  const { webhook, path, renewed, changed } = props;
  const [asking, ask] = useState<"regenerate" | "delete" | null>(null);
  return (
    <>
      <div class="detail-foot">
        <Id id={webhook.id} copy />
        <span class="muted">
          made <Ago at={webhook.created_at} />
        </span>
        <div class="spacer" />
        <button type="button" onClick={() => ask("regenerate")}>
          Regenerate {renewed === "URL" ? "URL" : "Secret"}
        </button>
        <button type="button" class="danger-quiet" onClick={() => ask("delete")}>
          Delete
        </button>
      </div>
      {asking === "regenerate" && (
        <Confirm
          title={`Regenerate the ${renewed} of ${webhook.name}?`}
          button="Regenerate"
          danger
          close={() => ask(null)}
          act={props.regenerate}
        >
          <p>{props.regenerating_means}</p>
        </Confirm>
      )}
      {asking === "delete" && (
        <Confirm
          title={`Delete ${webhook.name}?`}
          button="Delete webhook"
          name={webhook.name}
          danger
          close={() => ask(null)}
          act={async () => {
            await remove(path);
            say(`${webhook.name} is deleted`);
            changed();
          }}
        >
          <p>{props.deleting_means} This can’t be undone.</p>
        </Confirm>
      )}
    </>
  );
}
