import { expect, test } from "vitest";

import { bars, fill_buckets, nice_top } from "./chart";

test.each([
  [0, 1],
  [3, 3],
  [7, 8],
  [11, 20],
  [99, 100],
  [1234, 2000],
])("above %i the axis ends at %i", (highest, top) => expect(nice_top(highest)).toBe(top));

test("the parts of a bar stand on each other", () => {
  const { bars: [bar] } = bars([{ at: "t", succeeded: 3, failed: 1 }], ["succeeded", "failed"], 100, 40);
  expect(bar?.parts).toEqual([
    { series: "succeeded", y: 10, height: 30 },
    { series: "failed", y: 0, height: 10 },
  ]);
  expect(bar?.total).toBe(4);
});

test("one failure among thousands is still seen", () => {
  const { bars: [bar] } = bars([{ at: "t", succeeded: 9999, failed: 1 }], ["succeeded", "failed"], 100, 100);
  expect(bar?.parts[1]?.height).toBe(2);
});

test("hours without a run have a place as well", () => {
  const filled = fill_buckets([{ at: "2025-01-15T09:30:00.000Z", failed: 2 }], "2025-01-15T10:07:00.000Z", 3600, 600);
  expect(filled.map((bucket) => bucket.at.slice(11, 16))).toEqual(["09:10", "09:20", "09:30", "09:40", "09:50", "10:00"]);
  expect(filled[2]?.["failed"]).toBe(2);
});
