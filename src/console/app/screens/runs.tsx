// Runs of the whole server, or of one deployment.
import { is_run_change } from "../lib/changes";
import { with_query } from "../lib/api";
import { useList } from "../lib/query";
import { href, set_query, usePlace } from "../lib/router";
import type { Deployment, Run } from "../lib/types";
import { environment_of } from "../lib/environment";
import { DeploymentName, DeploymentSelect } from "../ui/deployment";
import { EnvironmentTag } from "../ui/environment_tag";
import { Filters, FilterSelect } from "../ui/filters";
import { Id } from "../ui/copy";
import { ListTable, Row } from "../ui/list";
import { StatusMark } from "../ui/status";
import { Ago, Took } from "../ui/time";

const statuses = ["pending", "running", "succeeded", "failed", "canceled"];

export function RunsScreen() {
  const { query } = usePlace();
  return (
    <>
      <div class="screen-head">
        <h1>Runs</h1>
      </div>
      <Filters>
        <FilterSelect name="status" label="Status" options={statuses} />
        <DeploymentSelect value={query.get("deployment_id") ?? ""} set={(id) => set_query({ deployment_id: id })} />
      </Filters>
      <RunList deployment_id={query.get("deployment_id")} />
    </>
  );
}

export function DeploymentRuns({ deployment }: { deployment: Deployment }) {
  return (
    <>
      <Filters>
        <FilterSelect name="status" label="Status" options={statuses} />
      </Filters>
      <RunList deployment_id={deployment.id} within />
    </>
  );
}

function RunList({ deployment_id, within = false }: { deployment_id: string | null; within?: boolean }) {
  const { query } = usePlace();
  const environment = environment_of(query);
  const status = query.get("status");
  const list = useList<Run>(with_query("/v1/runs", { deployment_id, environment, status }), "runs", is_run_change);
  const filtered = Boolean(environment || status || (!within && deployment_id));
  return (
    <ListTable
      label="Runs"
      list={list}
      clear_filter={
        filtered
          ? () => set_query({ status: null, environment: null, ...(within ? {} : { deployment_id: null }) })
          : undefined
      }
      empty={
        <>
          <p>A run is one execution of a version. It starts when something posts to an incoming webhook.</p>
          <a class="button primary" href={href("/deployments")}>
            Go to the deployments
          </a>
        </>
      }
      columns={
        <>
          <th>Status</th>
          <th>Run</th>
          {!within && <th>Deployment</th>}
          <th class="wide">Version</th>
          <th class="wide">Environment</th>
          <th class="error-column wide">Error</th>
          <th class="wide right">Took</th>
          <th class="right">Started</th>
        </>
      }
      row={(run) => (
        <Row key={run.id} to={href(`/runs/${run.id}`)}>
          <td>
            <StatusMark status={run.status} />
          </td>
          <td>
            <a class="row-link" href={href(`/runs/${run.id}`)}>
              <Id id={run.id} />
            </a>
          </td>
          {!within && (
            <td class="name-cell">
              <DeploymentName id={run.deployment_id} />
            </td>
          )}
          <td class="wide number">v{run.version_number}</td>
          <td class="wide">
            <EnvironmentTag environment={run.environment} />
          </td>
          <td class="error-column wide" title={run.error_message ?? ""}>
            {run.error_message}
          </td>
          <td class="wide right">
            <Took from={run.started_at} to={run.completed_at} />
          </td>
          <td class="right">
            <Ago at={run.created_at} />
          </td>
        </Row>
      )}
    />
  );
}
