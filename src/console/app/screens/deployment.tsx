// One deployment: its versions, webhooks and runs, and what each environment points at.
import { useState } from "preact/hooks";

import { patch, remove } from "../lib/api";
import { read_deployments } from "../lib/deployments";
import { useAction, useQuery } from "../lib/query";
import { href, navigate } from "../lib/router";
import type { Deployment, EnvironmentPointer, Page } from "../lib/types";
import { Id } from "../ui/copy";
import { ActionForm } from "../ui/action_form";
import { Confirm, Dialog } from "../ui/dialog";
import { TextField } from "../ui/form";
import { ErrorState, Skeleton } from "../ui/list";
import { Tabs } from "../ui/tabs";
import { DeploymentRuns } from "./runs";
import { StartRun } from "./start_run";
import { Versions } from "./versions";
import { Webhooks } from "./webhooks";

export function DeploymentScreen({ id, tab }: { id: string; tab: string }) {
  const deployment = useQuery<Deployment>(`/v1/deployments/${id}`);
  const pointers = useQuery<Page<"environments", EnvironmentPointer>>(`/v1/deployments/${id}/environments`);
  const [asking, ask] = useState<"rename" | "delete" | "run" | null>(null);
  if (!deployment.data) {
    return deployment.error ? <ErrorState error={deployment.error} retry={deployment.reload} /> : <Skeleton />;
  }
  const environments = pointers.data?.environments ?? [];
  const path = `/deployments/${id}`;
  const has_live_version = environments.some((pointer) => pointer.version_id !== null);
  return (
    <>
      <div class="crumbs">
        <a href={href("/deployments")}>Deployments</a>
      </div>
      <div class="screen-head">
        <h1>{deployment.data.name}</h1>
        <Id id={id} copy />
        <div class="spacer" />
        {has_live_version && (
          <button type="button" onClick={() => ask("run")}>
            Start a run
          </button>
        )}
        <button type="button" class="quiet" onClick={() => ask("rename")}>
          Rename
        </button>
        <button type="button" class="quiet bad" onClick={() => ask("delete")}>
          Delete
        </button>
      </div>
      <Tabs
        label="Deployment"
        tabs={[
          { name: "Versions", to: href(path), current: tab === "versions" },
          { name: "Webhooks", to: href(`${path}/webhooks`), current: tab === "webhooks" },
          { name: "Runs", to: href(`${path}/runs`), current: tab === "runs" },
        ]}
      />
      {tab === "webhooks" ? (
        <Webhooks deployment={deployment.data} />
      ) : tab === "runs" ? (
        <DeploymentRuns deployment={deployment.data} />
      ) : (
        <Versions deployment={deployment.data} environments={environments} changed={pointers.reload} />
      )}
      {asking === "run" && (
        <StartRun deployment_id={id} title={`Start a run of ${deployment.data.name}`} close={() => ask(null)} />
      )}
      {asking === "rename" && (
        <Rename deployment={deployment.data} renamed={deployment.set} close={() => ask(null)} />
      )}
      {asking === "delete" && (
        <Confirm
          title={`Delete ${deployment.data.name}?`}
          button="Delete deployment"
          name={deployment.data.name}
          danger
          close={() => ask(null)}
          act={async () => {
            await remove(`/v1/deployments/${id}`);
            void read_deployments().catch(() => undefined);
            navigate(href("/deployments"));
          }}
        >
          <p>
            Its webhooks stop at once: their URLs answer 404 and waiting deliveries end. Past runs stay readable. This
            can’t be undone.
          </p>
        </Confirm>
      )}
    </>
  );
}

interface RenameProps {
  deployment: Deployment;
  renamed: (deployment: Deployment) => void;
  close: () => void;
}

function Rename({ deployment, renamed, close }: RenameProps) {
  const [name, set_name] = useState(deployment.name);
  const action = useAction(async () => {
    renamed(await patch<Deployment>(`/v1/deployments/${deployment.id}`, { name: name.trim() }));
    void read_deployments().catch(() => undefined);
    close();
  });
  return (
    <Dialog title="Rename the deployment" close={close}>
      <ActionForm
        button="Rename"
        ready={name.trim() !== ""}
        pending={action.pending}
        error={action.error}
        submit={() => void action.run()}
        close={close}
      >
        <TextField label="Name" value={name} set={set_name} focus />
      </ActionForm>
    </Dialog>
  );
}
