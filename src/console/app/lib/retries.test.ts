import { expect, test } from "vitest";

import { attempt_text, attempts_allowed, failure_text } from "./retries";
import type { Attempt, Delivery, ServerInfo } from "./types";

const attempt = (error: string | null): Attempt => ({
  id: "att_1", number: 1, status: "failed", response_status: null, error, started_at: "", duration_ms: 1, response_body: null,
  url: null, request_headers: null,
});
const delivery = (status: Delivery["status"], attempts: Attempt[], error: string | null = null): Delivery => ({
  id: "dlv_1", outgoing_webhook_id: "owh_1", outgoing_webhook_name: "results", deployment_id: "dep_1",
  environment: "production", url: "https://example.com/hook", run_id: null, event: "run.failed", status, error, created_at: "",
  next_attempt_at: null, completed_at: null, attempts,
});

test("the schedule says how many attempts there will be", () => {
  const server = { limits: { delivery: { retry_schedule: ["5s", "5m"] } } } as unknown as ServerInfo;
  expect(attempts_allowed(server)).toBe(3);
  expect(attempts_allowed(undefined)).toBeNull();
  expect(attempts_allowed({ limits: {} } as ServerInfo)).toBeNull();
});

test("attempts are counted against it", () => {
  expect(attempt_text(delivery("pending", [attempt(null)]), 8)).toBe("1 of 8");
  expect(attempt_text(delivery("failed", [attempt(null), attempt(null)]), 1)).toBe("2");
  expect(attempt_text(delivery("failed", []), null)).toBe("0");
});

test("a failure is told by the last attempt, or by why it was given up", () => {
  expect(failure_text(delivery("failed", [attempt("connection refused")], "gave up"))).toBe("connection refused");
  expect(failure_text(delivery("failed", [], "webhook disabled"))).toBe("webhook disabled");
  expect(failure_text(delivery("succeeded", [attempt("old")]))).toBeNull();
});
