import { describe, expect, test } from "vitest";

import { bytes, count, countdown, duration, duration_so_far, exact_time, relative_time, short_id } from "./format";

describe("relative times", () => {
  const now = Date.parse("2025-01-15T10:30:00.000Z");
  test.each([
    [0, "now"],
    [4_999, "now"],
    [12_000, "12 s ago"],
    [61_000, "1 min ago"],
    [59 * 60_000, "59 min ago"],
    [3 * 3_600_000, "3 h ago"],
    [47 * 3_600_000, "47 h ago"],
    [3 * 86_400_000, "3 d ago"],
    [-90_000, "in 1 min"],
  ])("%i ms ago is %s", (age, text) => expect(relative_time(now - age, now)).toBe(text));
});

describe("countdowns", () => {
  test.each([
    [-1, "due now"],
    [1, "in 1 s"],
    [59_001, "in 1 min"],
    [80_000, "in 1 min 20 s"],
    [7_260_000, "in 2 h 1 min"],
  ])("%i ms left is %s", (left, text) => expect(countdown(left, 0)).toBe(text));
});

test.each([
  [0, "0 ms"],
  [999, "999 ms"],
  [1_234, "1.23 s"],
  [12_340, "12.3 s"],
  [61_000, "1 min 1 s"],
  [600_000, "10 min"],
  [3_660_000, "1 h 1 min"],
])("a duration of %i ms is %s", (value, text) => expect(duration(value)).toBe(text));

test("what goes on is counted in whole seconds", () => {
  expect(duration_so_far(999)).toBe("0 s");
  expect(duration_so_far(52_900)).toBe("52 s");
  expect(duration_so_far(61_000)).toBe("1 min 1 s");
});

test("ids are cut in the middle, so that neighbours can be told apart", () => {
  expect(short_id("run_01m86jfmaeccvhpddvpnzwfksg")).toBe("run_01m8…fksg");
  expect(short_id("run_abc123")).toBe("run_abc123");
  expect(short_id("nothing")).toBe("nothing");
});

test("sizes, counts and exact times", () => {
  expect(bytes(512)).toBe("512 B");
  expect(bytes(65_536)).toBe("64 KiB");
  expect(bytes(1_572_864)).toBe("1.5 MiB");
  expect(count(1, "run")).toBe("1 run");
  expect(count(1200, "delivery", "deliveries")).toBe("1,200 deliveries");
  expect(exact_time("2025-01-15T10:30:00.000Z")).toBe("2025-01-15 10:30:00.000 UTC");
});
