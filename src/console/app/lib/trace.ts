// A run as steps on one time axis: request, wait, execution, and every attempt of every delivery.
import type { Span } from "./time_axis";
import type { Attempt, Delivery, Trace } from "./types";

export interface Times {
  received: number;
  accepted: number;
  started: number | null;
  ended: number | null;
}

const time = (iso: string | null): number | null => (iso ? Date.parse(iso) : null);

export function run_times({ run, request }: Trace): Times {
  return {
    received: Date.parse(request.received_at),
    accepted: Date.parse(request.accepted_at),
    started: time(run.started_at),
    ended: time(run.completed_at),
  };
}

export function attempt_span(attempt: Attempt, now: number): Span {
  const start = Date.parse(attempt.started_at);
  return { start, end: attempt.duration_ms === null ? Math.max(start, now) : start + attempt.duration_ms };
}

// What the axis has to show. A run that goes on reaches to now.
export function trace_spans(trace: Trace, now: number): Span[] {
  const { received, started, ended } = run_times(trace);
  const end = ended ?? Math.max(received, started ?? received, now);
  const spans: Span[] = [{ start: received, end: started ?? end }];
  if (started !== null) spans.push({ start: started, end });
  for (const delivery of trace.deliveries) {
    spans.push(...delivery.attempts.map((attempt) => attempt_span(attempt, now)));
  }
  return spans;
}

export const is_over = (trace: Trace): boolean =>
  trace.run.completed_at !== null && trace.deliveries.every((delivery: Delivery) => delivery.status !== "pending");
