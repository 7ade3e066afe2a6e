// One run on one page: what came in, what it did, what it gave, and where the result went.
import { useState } from "preact/hooks";

import { post } from "../lib/api";
import { mentions } from "../lib/changes";
import { json_text } from "../lib/json";
import { useAction, useQuery } from "../lib/query";
import { useRunLines } from "../lib/run_events";
import { href } from "../lib/router";
import type { Run, Trace } from "../lib/types";
import { CopyButton } from "../ui/copy";
import { DeploymentName } from "../ui/deployment";
import { EnvironmentTag } from "../ui/environment_tag";
import { FormError } from "../ui/form";
import { Icon } from "../ui/icons";
import { JsonView } from "../ui/json_view";
import { ErrorState, Skeleton } from "../ui/list";
import { say } from "../ui/notice";
import { StatusMark } from "../ui/status";
import { Ago, Took } from "../ui/time";
import { StartRun } from "./start_run";
import { TraceView } from "./trace";

export function RunScreen({ id }: { id: string }) {
  const trace = useQuery<Trace>(`/v1/runs/${id}/trace`, mentions(id));
  const events = useRunLines(id);
  if (!trace.data) {
    return trace.error ? <ErrorState error={trace.error} retry={trace.reload} /> : <Skeleton rows={8} />;
  }
  const { run } = trace.data;
  return (
    <>
      <RunHead run={run} changed={trace.reload} />
      {run.error_message && (
        <p class="failure">
          <Icon name="warning" /> <span>{run.error_message}</span>
        </p>
      )}
      <TraceView trace={trace.data} events={events} changed={trace.reload} />
      <div class="payloads">
        <JsonView title="Input" value={run.input} />
        {run.completed_at === null ? (
          <section class="json-view">
            <div class="section-head">
              <h3>Output</h3>
            </div>
            <p class="muted">It is still running.</p>
          </section>
        ) : (
          <JsonView title="Output" value={run.output} />
        )}
      </div>
    </>
  );
}

function RunHead({ run, changed }: { run: Run; changed: () => void }) {
  const [again, set_again] = useState(false);
  const cancel = useAction(async () => {
    await post(`/v1/runs/${run.id}/cancel`);
    say("The run is being canceled");
    changed();
  });
  const going = run.completed_at === null;
  return (
    <>
      <div class="crumbs">
        <a href={href(`/deployments/${run.deployment_id}/runs`)}>
          <DeploymentName id={run.deployment_id} />
        </a>
      </div>
      <div class="screen-head">
        <h1>Run</h1>
        <code class="id whole">{run.id}</code>
        <CopyButton text={run.id} what="Copy id" small />
        <div class="spacer" />
        {going && (
          <button type="button" class="danger" disabled={cancel.pending} onClick={() => void cancel.run()}>
            Cancel
          </button>
        )}
        <button type="button" onClick={() => set_again(true)}>
          <Icon name="again" /> Run again
        </button>
      </div>
      <FormError error={cancel.error} />
      <div class="run-facts">
        <StatusMark status={run.status} />
        <EnvironmentTag environment={run.environment} />
        <span>version {run.version_number}</span>
        <span>
          took <Took from={run.started_at} to={run.completed_at} />
        </span>
        <span class="muted">
          <Ago at={run.created_at} />
        </span>
      </div>
      {again && (
        <StartRun
          deployment_id={run.deployment_id}
          title="Run again"
          input={json_text(run.input)}
          environment={run.environment}
          close={() => set_again(false)}
        />
      )}
    </>
  );
}
