// Is everything all right? What failed, and since when?
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

import { with_query } from "../lib/api";
import { fill_buckets, type Bucket } from "../lib/chart";
import { count } from "../lib/format";
import { environment_of } from "../lib/environment";
import { useQuery } from "../lib/query";
import { href, set_query, usePlace } from "../lib/router";
import type { Attention, Overview } from "../lib/types";
import { Chart } from "../ui/chart";
import { DeploymentName } from "../ui/deployment";
import { EnvironmentTag } from "../ui/environment_tag";
import { Icon } from "../ui/icons";
import { EmptyState, ErrorState, Skeleton } from "../ui/list";
import { Ago } from "../ui/time";

const ranges = [
  { name: "1h", label: "1 hour", seconds: 3600 },
  { name: "24h", label: "24 hours", seconds: 86_400 },
  { name: "7d", label: "7 days", seconds: 7 * 86_400 },
] as const;

export function OverviewScreen() {
  const { query } = usePlace();
  const range = ranges.find(({ name }) => name === query.get("range")) ?? ranges[1];
  const overview = useQuery<Overview>(
    with_query("/v1/overview", { range: range.name, environment: environment_of(query) }),
    () => true,
  );
  useEffect(() => {
    // Time moves the charts even when nothing happens.
    const timer = setInterval(overview.reload, 60_000);
    return () => clearInterval(timer);
  }, [overview.reload]);
  return (
    <>
      <div class="screen-head">
        <h1>Overview</h1>
        <div class="spacer" />
        <div class="segments" role="group" aria-label="Time">
          {ranges.map(({ name, label }) => (
            <button key={name} type="button" aria-pressed={name === range.name} onClick={() => set_query({ range: name })}>
              {label}
            </button>
          ))}
        </div>
      </div>
      {overview.data ? (
        <Content overview={overview.data} range_seconds={range.seconds} />
      ) : overview.error ? (
        <ErrorState error={overview.error} retry={overview.reload} />
      ) : (
        <Skeleton rows={8} />
      )}
    </>
  );
}

function Content({ overview, range_seconds }: { overview: Overview; range_seconds: number }) {
  const { now, bucket_seconds, oldest_waiting_delivery_at: oldest } = overview;
  const fill = (buckets: object[]) => fill_buckets(buckets as Bucket[], now, range_seconds, bucket_seconds);
  return (
    <div class="data">
      <div class="figures">
        <Figure name="Running now" value={overview.running.toLocaleString("en")} to={href("/runs", { status: "running" })} />
        <Figure
          name="Waiting callers"
          value={overview.waiting_callers.toLocaleString("en")}
          to={href("/settings")}
          state={overview.waiting_callers > 0 ? "warn" : ""}
          note={overview.waiting_callers > 0 ? "all run slots are busy" : "a slot is free"}
        />
        <Figure
          name="Failed in the last hour"
          value={overview.failed_last_hour.toLocaleString("en")}
          to={href("/runs", { status: "failed" })}
          state={overview.failed_last_hour > 0 ? "bad" : ""}
        />
        <Figure
          name="Oldest delivery waiting"
          value={oldest ? <Ago at={oldest} /> : "none"}
          to={href("/deliveries", { status: "pending" })}
          state={oldest && Date.parse(now) - Date.parse(oldest) > 60_000 ? "warn" : ""}
          note={waiting_text(overview.waiting_deliveries)}
        />
      </div>
      <div class="charts">
        <Chart
          title="Runs"
          one="run"
          many="runs"
          buckets={fill(overview.runs)}
          series={["succeeded", "canceled", "failed"]}
          bucket_seconds={bucket_seconds}
        />
        <Chart
          title="Deliveries"
          one="delivery"
          many="deliveries"
          buckets={fill(overview.deliveries)}
          series={["succeeded", "failed"]}
          bucket_seconds={bucket_seconds}
        />
      </div>
      <section aria-labelledby="attention-title">
        <h2 id="attention-title">Needs attention</h2>
        {overview.attention.length === 0 ? (
          <EmptyState>
            <p>
              <Icon name="check" /> Nothing. Webhooks that keep failing, versions that fail and refused requests show up
              here.
            </p>
          </EmptyState>
        ) : (
          <table class="list" aria-label="Needs attention">
            <thead>
              <tr>
                <th>What</th>
                <th class="wide">Deployment</th>
                <th class="wide">Environment</th>
                <th class="error-column">Why</th>
                <th class="right wide">Failures</th>
                <th class="right">Since</th>
              </tr>
            </thead>
            <tbody>
              {overview.attention.map((each) => (
                <AttentionRow key={`${each.kind}${each.id}${each.environment}`} attention={each} />
              ))}
            </tbody>
          </table>
        )}
      </section>
    </div>
  );
}

interface FigureProps {
  name: string;
  value: ComponentChildren;
  to: string;
  state?: string;
  note?: string;
}

function Figure({ name, value, to, state = "", note = "" }: FigureProps) {
  return (
    <a class={`figure ${state}`} href={to}>
      <span class="figure-name">{name}</span>
      <span class="figure-value number">{value}</span>
      <span class="figure-note">{note}</span>
    </a>
  );
}

// The server counts up to a hundred thousand.
function waiting_text(waiting: number): string {
  if (waiting === 0) return "";
  return `${waiting.toLocaleString("en")}${waiting >= 100_000 ? " or more" : ""} waiting`;
}

function destination({ kind, id, deployment_id }: Attention): string {
  if (kind === "outgoing_webhook") return href("/deliveries", { outgoing_webhook_id: id, status: "failed" });
  if (kind === "version") return href("/runs", { deployment_id, status: "failed" });
  return deployment_id ? href(`/deployments/${deployment_id}/webhooks`, id ? { open: id } : {}) : href("/settings");
}

function subject({ kind, name, version_number }: Attention): string {
  if (kind === "version") return `Version ${version_number} of ${name}`;
  if (kind === "outgoing_webhook") return `Outgoing webhook ${name}`;
  return name === null ? "Requests with unknown tokens" : `Requests to ${name}`;
}

function AttentionRow({ attention }: { attention: Attention }) {
  const { deployment_id, environment, since, failures, error } = attention;
  return (
    <tr class="row">
      <td class="name-cell">
        <a class="row-link" href={destination(attention)}>
          <span class="status failed">
            <Icon name="warning" />
          </span>{" "}
          {subject(attention)}
        </a>
      </td>
      <td class="wide">{deployment_id && <DeploymentName id={deployment_id} />}</td>
      <td class="wide">{environment && <EnvironmentTag environment={environment} />}</td>
      <td class="error-column" title={error ?? ""}>
        {error}
      </td>
      <td class="right wide number" title={count(failures, "failure")}>
        {failures.toLocaleString("en")}
      </td>
      <td class="right">
        <Ago at={since} />
      </td>
    </tr>
  );
}
