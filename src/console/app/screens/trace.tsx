import type { ComponentChildren } from "preact";

import { post } from "../lib/api";
import { useTicking } from "../lib/clock";
import { duration, exact_time } from "../lib/format";
import { useAction } from "../lib/query";
import { href } from "../lib/router";
import type { RunLines } from "../lib/run_events";
import { time_axis, type Span, type TimeAxis } from "../lib/time_axis";
import { attempt_span, is_over, run_times, trace_spans } from "../lib/trace";
import type { Delivery, Trace } from "../lib/types";
import { Id } from "../ui/copy";
import { LogView } from "../ui/log_view";
import { say } from "../ui/notice";
import { HttpCode, StatusShape, status_word, type Status } from "../ui/status";
import { Countdown } from "../ui/time";
import { TraceBar } from "../ui/trace_bar";

const now_in_seconds = (now: number) => String(Math.floor(now / 1000));
const standing = () => "";

interface TraceViewProps {
  trace: Trace;
  events: RunLines;
  changed: () => void;
}

export function TraceView({ trace, events, changed }: TraceViewProps) {
  useTicking(is_over(trace) ? standing : now_in_seconds);
  const now = Date.now();
  const { run, request, deliveries } = trace;
  const { received, accepted, started, ended } = run_times(trace);
  const axis = time_axis(trace_spans(trace, now));
  const step = (at: number) => `+${duration(at - received)}`;
  const run_end = ended ?? Math.max(now, started ?? received);
  return (
    <section aria-labelledby="trace-title">
      <h2 id="trace-title">Trace</h2>
      <ol class="trace">
        <Step at={received} offset={exact_time(new Date(received).toISOString()).slice(11, 19)} title="Request">
          {request.incoming_webhook_id ? (
            <>
              to the incoming webhook{" "}
              <a href={href(`/deployments/${run.deployment_id}/webhooks`, { open: request.incoming_webhook_id })}>
                {request.incoming_webhook_name ?? request.incoming_webhook_id}
              </a>
            </>
          ) : (
            "through the API"
          )}
          {request.request_id && (
            <span class="muted">
              {" "}
              · request <Id id={request.request_id} copy />
            </span>
          )}
        </Step>
        <Step
          at={received}
          offset={step(received)}
          title="Waiting"
          bar={<TraceBar axis={axis} span={{ start: received, end: started ?? run_end }} status="waiting" />}
        >
          {started === null
            ? ended === null
              ? "for a free slot"
              : "it never started"
            : `${duration(accepted - received)} for a free slot, ${duration(started - accepted)} to start`}
        </Step>
        {started !== null && (
          <Step
            at={started}
            offset={step(started)}
            title={ended === null ? "Running" : "Ran"}
            status={ended === null ? "running" : undefined}
            bar={<TraceBar axis={axis} span={{ start: started, end: run_end }} status={run.status} />}
            below={<LogView lines={events.lines} live={ended === null} />}
          >
            version {run.version_number}
            {ended !== null && `, ${duration(ended - started)}`}
          </Step>
        )}
        {ended !== null && (
          <Step at={ended} offset={step(ended)} title={status_title(run.status)} status={run.status}>
            {run.status === "canceled" && "A canceled run sends no webhook."}
            {run.status !== "canceled" && deliveries.length === 0 && (
              <span class="muted">No outgoing webhook was to be told.</span>
            )}
          </Step>
        )}
        {deliveries.map((delivery) => (
          <DeliverySteps key={delivery.id} delivery={delivery} axis={axis} now={now} step={step} changed={changed} />
        ))}
      </ol>
    </section>
  );
}

const status_title = (status: Status) => status_word(status).replace(/^./, (letter) => letter.toUpperCase());

interface DeliveryStepsProps {
  delivery: Delivery;
  axis: TimeAxis;
  now: number;
  step: (at: number) => string;
  changed: () => void;
}

function DeliverySteps({ delivery, axis, now, step, changed }: DeliveryStepsProps) {
  const redeliver = useAction(async () => {
    await post(`/v1/deliveries/${delivery.id}/redeliver`);
    say("It is sent again");
    changed();
  });
  const created = Date.parse(delivery.created_at);
  return (
    <>
      <Step at={created} offset={step(created)} title="Delivery" status={delivery.status}>
        <a href={href(`/deliveries/${delivery.id}`)}>{delivery.event}</a> to{" "}
        {delivery.outgoing_webhook_name}
        {delivery.next_attempt_at && delivery.status === "pending" && (
          <span class="muted">
            {" "}
            · next attempt <Countdown at={delivery.next_attempt_at} />
          </span>
        )}
        {delivery.status !== "pending" && (
          <button type="button" class="quiet" disabled={redeliver.pending} onClick={() => void redeliver.run()}>
            Redeliver
          </button>
        )}
        {redeliver.error && <span class="bad"> {redeliver.error.message}</span>}
      </Step>
      {delivery.attempts.map((attempt) => {
        const span: Span = attempt_span(attempt, now);
        return (
          <Step
            key={attempt.id}
            at={span.start}
            offset={step(span.start)}
            title={`Attempt ${attempt.number}`}
            status={attempt.status}
            inner
            bar={<TraceBar axis={axis} span={span} status={attempt.status} />}
          >
            {attempt.error ? <span class="bad">{attempt.error}</span> : <HttpCode code={attempt.response_status} />}
            {attempt.duration_ms !== null && <span class="muted number"> {duration(attempt.duration_ms)}</span>}
          </Step>
        );
      })}
    </>
  );
}

interface StepProps {
  at: number;
  offset: string;
  title: string;
  status?: Status | undefined;
  inner?: boolean;
  bar?: ComponentChildren;
  below?: ComponentChildren;
  children?: ComponentChildren;
}

function Step({ at, offset, title, status, inner = false, bar, below, children }: StepProps) {
  const iso = new Date(at).toISOString();
  return (
    <li class={inner ? "step inner" : "step"}>
      <div class="step-line">
        <time class="number muted" dateTime={iso} title={exact_time(iso)}>
          {offset}
        </time>
        <span class="step-mark">{status ? <StatusShape status={status} /> : <span class="point" aria-hidden="true" />}</span>
        <span class="step-text">
          <span class="strong">{title}</span> {children}
          {status && <span class="visually-hidden"> ({status_word(status)})</span>}
        </span>
        <span class="step-bar">{bar}</span>
      </div>
      {below && <div class="step-below">{below}</div>}
    </li>
  );
}
