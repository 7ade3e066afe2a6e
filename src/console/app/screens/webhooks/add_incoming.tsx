// Adding ends on the thing to copy: the URL and how to call it.
import { useState } from "preact/hooks";

import { post } from "../../lib/api";
import { environment_of } from "../../lib/environment";
import { useAction } from "../../lib/query";
import { usePlace } from "../../lib/router";
import { trigger_snippets } from "../../lib/snippets";
import type { Deployment, IncomingWebhook } from "../../lib/types";
import { ActionForm } from "../../ui/action_form";
import { CodeBlock, Snippets } from "../../ui/code";
import { field_error, SelectField, TextField } from "../../ui/form";

interface AddProps {
  deployment: Deployment;
  added: () => void;
  close: () => void;
}

export const environment_options = [
  { value: "production", label: "Production" },
  { value: "staging", label: "Staging" },
];

export function AddIncoming({ deployment, added, close }: AddProps) {
  const [name, set_name] = useState("");
  const [environment, set_environment] = useState<string>(environment_of(usePlace().query) ?? "production");
  const [made, set_made] = useState<IncomingWebhook>();
  const action = useAction(async () => {
    const path = `/v1/deployments/${deployment.id}/incoming-webhooks`;
    set_made(await post<IncomingWebhook>(path, { name: name.trim(), environment }));
    added();
  });
  if (made?.url) {
    return (
      <div class="panel">
        <h2>{made.name} is ready</h2>
        <p>A POST to this URL starts a run in {made.environment}. Who has the URL can start runs: keep it secret.</p>
        <CodeBlock text={made.url} what="Copy URL" />
        <Snippets snippets={trigger_snippets(made.url)} label="How to call it" />
        <div class="buttons">
          <button type="button" class="primary" onClick={close}>
            Done
          </button>
        </div>
      </div>
    );
  }
  return (
    <ActionForm
      title="Add Incoming Webhook"
      button="Create webhook"
      ready={name.trim() !== ""}
      pending={action.pending}
      error={action.error}
      at_fields={["name"]}
      submit={() => void action.run()}
      close={close}
    >
      <div class="fields">
        <TextField
          label="Name"
          value={name}
          set={set_name}
          focus
          placeholder="ci"
          error={field_error(action.error, "name")}
          hint="Who will call it"
        />
        <SelectField
          label="Environment"
          value={environment}
          set={set_environment}
          options={environment_options}
          hint="The version that is live there runs."
        />
      </div>
    </ActionForm>
  );
}
