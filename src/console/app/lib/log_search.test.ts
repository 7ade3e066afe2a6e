import { expect, test } from "vitest";

import { LogSearch, parts_of, pattern_of } from "./log_search";
import type { RunLine } from "./run_events";

const line = (number: number, text: string, type?: string): RunLine => ({
  number, kind: type ? "event" : "log", level: type ?? "info", text, timestamp: null,
});

test("lines are found in whatever case, and a program's events by their type, too", () => {
  const lines = [line(2, "Reading"), line(3, "writing"), line(4, "{}", "read.done"), line(5, "info")];
  expect(new LogSearch().find(lines, "READ").map(({ number }) => number)).toEqual([2, 4]);
  expect(new LogSearch().find(lines, "info").map(({ number }) => number)).toEqual([5]);
  expect(new LogSearch().find(lines, "")).toBe(lines);
});

test("lines that come later are found, too, and other words begin anew", () => {
  const search = new LogSearch();
  const lines = [line(2, "one")];
  expect(search.find(lines, "o")).toHaveLength(1);
  lines.push(line(3, "two"), line(4, "three"));
  expect(search.find(lines, "o").map(({ text }) => text)).toEqual(["one", "two"]);
  expect(search.find(lines, "three").map(({ text }) => text)).toEqual(["three"]);
  expect(search.find([line(2, "three again")], "three")).toHaveLength(1);
});

test("words are words, not a pattern", () => {
  expect(parts_of("a+b (c) [d] \\e", pattern_of("(C)"))).toEqual([
    { text: "a+b ", hit: false }, { text: "(c)", hit: true }, { text: " [d] \\e", hit: false },
  ]);
  for (const words of [".", "*", "[", "\\", "$", "^", "{1}", "/", "-", "|"]) {
    expect(parts_of(`x${words}y`, pattern_of(words)).filter(({ hit }) => hit)).toEqual([{ text: words, hit: true }]);
    expect(parts_of("xy", pattern_of(words))).toEqual([{ text: "xy", hit: false }]);
  }
});
