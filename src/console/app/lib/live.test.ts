import { expect, test } from "vitest";

import { mentions } from "./changes";
import { parse_change, pause_after } from "./live";

const frame = (data: unknown) => ({ id: "7", data: JSON.stringify(data) });

test("a change has a type and a summary; a reset means to read everything again", () => {
  expect(parse_change(frame({ type: "run.failed", data: { run_id: "run_1" }, payload: {} }))).toEqual({
    type: "run.failed",
    data: { run_id: "run_1" },
  });
  expect(parse_change(frame({ type: "reset" }))).toBeNull();
});

test("a change concerns what it names, as itself or as what it belongs to", () => {
  const change = { type: "delivery.failed", data: { delivery_id: "dlv_1", run_id: "run_1", status: "failed" } };
  expect(mentions("run_1")(change)).toBe(true);
  expect(mentions("dlv_1")(change)).toBe(true);
  expect(mentions("run_2")(change)).toBe(false);
});

test("a lost connection is tried again soon, then every three seconds", () => {
  expect([0, 1, 2, 3, 4, 100].map(pause_after)).toEqual([250, 500, 1000, 2000, 3000, 3000]);
});
