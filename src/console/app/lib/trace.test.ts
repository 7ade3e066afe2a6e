import { expect, test } from "vitest";

import { run_times, trace_spans } from "./trace";
import type { Trace } from "./types";

const at = (ms: number) => new Date(ms).toISOString();
const trace = (completed: number | null, attempts: [number, number | null][] = []): Trace =>
  ({
    run: { created_at: at(1_050), started_at: at(1_100), completed_at: completed === null ? null : at(completed) },
    request: { received_at: at(1_000), accepted_at: at(1_050) },
    deliveries: [
      { attempts: attempts.map(([start, duration_ms]) => ({ started_at: at(start), duration_ms })) },
    ],
  }) as unknown as Trace;

test("a run begins when its request came in", () => {
  expect(run_times(trace(2_000))).toEqual({ received: 1_000, accepted: 1_050, started: 1_100, ended: 2_000 });
});

test("waiting, running and each attempt are spans", () => {
  expect(trace_spans(trace(2_000, [[2_010, 30], [7_000, 20]]), 9_000)).toEqual([
    { start: 1_000, end: 1_100 },
    { start: 1_100, end: 2_000 },
    { start: 2_010, end: 2_040 },
    { start: 7_000, end: 7_020 },
  ]);
});

test("what goes on reaches to now", () => {
  expect(trace_spans(trace(null), 5_000).at(-1)).toEqual({ start: 1_100, end: 5_000 });
  expect(trace_spans(trace(2_000, [[2_010, null]]), 5_000).at(-1)).toEqual({ start: 2_010, end: 5_000 });
  expect(trace_spans(trace(null), 500)[1]).toEqual({ start: 1_100, end: 1_100 });
});
