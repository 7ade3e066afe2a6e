// Sending again all that failed since a time, with how many that will be.
import { useEffect, useState } from "preact/hooks";

import { post } from "../lib/api";
import { count } from "../lib/format";
import { useAction } from "../lib/query";
import type { OutgoingWebhook } from "../lib/types";
import { ActionForm } from "../ui/action_form";
import { Dialog } from "../ui/dialog";
import { Field, SelectField } from "../ui/form";
import { say } from "../ui/notice";

const hour = 3_600_000;
const choices = [
  { value: String(hour), label: "In the last hour" },
  { value: String(24 * hour), label: "In the last 24 hours" },
  { value: String(7 * 24 * hour), label: "In the last 7 days" },
  { value: "", label: "Since a time of my own" },
];

export function Recover({ webhook, close }: { webhook: OutgoingWebhook; close: () => void }) {
  const [age, set_age] = useState(String(24 * hour));
  const [own, set_own] = useState("");
  const [since, set_since] = useState("");
  const [failed, set_failed] = useState<number>();
  const path = `/v1/outgoing-webhooks/${webhook.id}/recover`;

  useEffect(() => {
    const at = age === "" ? Date.parse(own) : Date.now() - Number(age);
    set_since(Number.isNaN(at) ? "" : new Date(at).toISOString());
  }, [age, own]);

  const look = useAction(async (from: string) => {
    set_failed(undefined);
    set_failed((await post<{ failed: number }>(path, { since: from, dry_run: true })).failed);
  });
  useEffect(() => {
    if (since !== "") void look.run(since);
  }, [since]);

  const recover = useAction(async () => {
    const { redelivered } = await post<{ redelivered: number }>(path, { since });
    say(`${count(redelivered, "delivery is", "deliveries are")} sent again`);
    close();
  });
  return (
    <Dialog title={`Recover failed deliveries of ${webhook.name}`} close={close}>
      <ActionForm
        button={failed ? `Send ${failed.toLocaleString("en")} again` : "Send again"}
        ready={Boolean(failed)}
        pending={recover.pending}
        error={look.error ?? recover.error}
        submit={() => void recover.run()}
        close={close}
      >
        <SelectField label="Failed" value={age} set={set_age} options={choices} />
        {age === "" && (
          <Field label="Since" hint="In your own time zone">
            {(attributes) => (
              <input
                {...attributes}
                type="datetime-local"
                value={own}
                onInput={(event) => set_own(event.currentTarget.value)}
              />
            )}
          </Field>
        )}
        <p class="recover-count" role="status">
          {failed === undefined
            ? "…"
            : failed === 0
              ? "Nothing failed since then."
              : `${count(failed, "failed delivery", "failed deliveries")} will be sent again, each under its own id.`}
        </p>
      </ActionForm>
    </Dialog>
  );
}
