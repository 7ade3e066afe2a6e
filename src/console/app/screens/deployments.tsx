import { useState } from "preact/hooks";

import { post } from "../lib/api";
import { read_deployments } from "../lib/deployments";
import { useAction, useList, useQuery } from "../lib/query";
import { href, navigate } from "../lib/router";
import type { Deployment, EnvironmentPointer, Page } from "../lib/types";
import { ActionForm } from "../ui/action_form";
import { Id } from "../ui/copy";
import { TextField } from "../ui/form";
import { Icon } from "../ui/icons";
import { ListTable, Row } from "../ui/list";
import { Ago } from "../ui/time";

export function DeploymentsScreen() {
  const list = useList<Deployment>("/v1/deployments", "deployments");
  const [adding, set_adding] = useState(false);
  const add = () => set_adding(true);
  return (
    <>
      <div class="screen-head">
        <h1>Deployments</h1>
        <div class="spacer" />
        {!adding && list.rows && list.rows.length > 0 && (
          <button type="button" class="primary" onClick={add}>
            <Icon name="plus" /> New deployment
          </button>
        )}
      </div>
      {adding && <AddDeployment close={() => set_adding(false)} />}
      {!(adding && list.rows?.length === 0) && (
        <ListTable
          label="Deployments"
          list={list}
          empty={
            <>
              <p>A deployment is a named thing that can be run: a crew, a job, a script. Its versions say how.</p>
              <button type="button" class="primary" onClick={add}>
                <Icon name="plus" /> New deployment
              </button>
            </>
          }
          columns={
            <>
              <th>Name</th>
              <th>Production</th>
              <th>Staging</th>
              <th class="wide">Id</th>
              <th class="right">Created</th>
            </>
          }
          row={(deployment) => <DeploymentRow key={deployment.id} deployment={deployment} />}
        />
      )}
    </>
  );
}

function DeploymentRow({ deployment }: { deployment: Deployment }) {
  const pointers = useQuery<Page<"environments", EnvironmentPointer>>(`/v1/deployments/${deployment.id}/environments`);
  const live = (environment: string) => {
    const found = pointers.data?.environments.find((pointer) => pointer.environment === environment);
    if (!found) return null;
    return found.version_number === null ? <span class="muted">none</span> : `v${found.version_number}`;
  };
  const to = href(`/deployments/${deployment.id}`);
  return (
    <Row to={to}>
      <td class="name-cell">
        <a class="row-link strong" href={to}>
          {deployment.name}
        </a>
      </td>
      <td class="number">{live("production")}</td>
      <td class="number">{live("staging")}</td>
      <td class="wide">
        <Id id={deployment.id} />
      </td>
      <td class="right">
        <Ago at={deployment.created_at} />
      </td>
    </Row>
  );
}

function AddDeployment({ close }: { close: () => void }) {
  const [name, set_name] = useState("");
  const action = useAction(async () => {
    const made = await post<Deployment>("/v1/deployments", { name: name.trim() });
    void read_deployments().catch(() => undefined);
    navigate(href(`/deployments/${made.id}`));
  });
  return (
    <ActionForm
      title="New deployment"
      button="Create deployment"
      ready={name.trim() !== ""}
      pending={action.pending}
      error={action.error}
      at_fields={["name"]}
      submit={() => void action.run()}
      close={close}
    >
      <TextField
        label="Name"
        value={name}
        set={set_name}
        focus
        placeholder="research-crew"
        error={action.error?.field === "name" ? action.error.message : null}
        hint="What people will call it. It can be changed later."
      />
    </ActionForm>
  );
}
