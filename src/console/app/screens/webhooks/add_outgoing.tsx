// Adding ends on the thing to copy: the signing secret and how to verify with it.
import { useState } from "preact/hooks";

import { post } from "../../lib/api";
import { environment_of } from "../../lib/environment";
import { useAction } from "../../lib/query";
import { usePlace } from "../../lib/router";
import type { Deployment, OutgoingWebhook } from "../../lib/types";
import { OutgoingForm, type OutgoingFields } from "./outgoing_form";
import { NewSecret } from "./secret";

interface AddProps {
  deployment: Deployment;
  added: () => void;
  close: () => void;
}

export function AddOutgoing({ deployment, added, close }: AddProps) {
  const { query } = usePlace();
  const [made, set_made] = useState<OutgoingWebhook>();
  const action = useAction(async ({ headers, ...fields }: OutgoingFields) => {
    const body = Object.keys(headers).length > 0 ? { ...fields, headers } : fields;
    set_made(await post<OutgoingWebhook>(`/v1/deployments/${deployment.id}/outgoing-webhooks`, body));
    added();
  });
  if (made?.secret) {
    return (
      <div class="panel">
        <h2>{made.name} is ready</h2>
        <NewSecret secret={made.secret} close={close} />
      </div>
    );
  }
  return (
    <OutgoingForm
      title="Add Outgoing Webhook"
      button="Create webhook"
      start={{ environment: environment_of(query) ?? "production" }}
      error={action.error}
      pending={action.pending}
      save={(fields) => void action.run(fields)}
      close={close}
    />
  );
}
