import { expect, test } from "vitest";

import { line_of, one_line } from "./run_events";

const timestamp = "2025-01-15T10:30:00.000Z";
const frame = (type: string, data: unknown) => ({
  id: "7", data: JSON.stringify({ type, data, payload: data, timestamp }),
});

test("a log line keeps its level, time and text", () => {
  const data = { level: "info", message: "<b>hello</b>", timestamp };
  expect(line_of(frame("log", data))).toEqual({
    number: 7, kind: "log", level: "info", text: "<b>hello</b>", timestamp,
  });
});

test("a program's own event is told by its type and what it holds", () => {
  expect(line_of(frame("tool_use", { name: "search", args: [1, { q: "x" }] }))).toMatchObject({
    kind: "event", level: "tool_use", text: 'name: "search", args: [1, {q: "x"}]', timestamp,
  });
  expect(line_of(frame("task.started", null))).toMatchObject({ text: "null" });
});

test("what the run itself tells is no line, and complete is the end", () => {
  expect(line_of(frame("run.started", {}))).toBeNull();
  expect(line_of(frame("run.failed", { error: "x" }))).toBeNull();
  expect(line_of(frame("complete", { status: "failed" }))).toBe("end");
});

test("a value without names is written as JSON", () => expect(one_line("a\nb")).toBe('"a\\nb"'));
