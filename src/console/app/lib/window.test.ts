import { expect, test } from "vitest";

import { is_at_end, row_tops, visible_window } from "./window";

const equal_rows = (count: number) => row_tops(count, () => 20);

test("only what is in sight and some rows around it are drawn", () => {
  const tops = equal_rows(10_000);
  expect(visible_window(tops, 0, 399, 5)).toEqual({ first: 0, end: 25 });
  expect(visible_window(tops, 100_000, 399, 5)).toEqual({ first: 4995, end: 5025 });
  expect(visible_window(tops, 199_600, 399, 5)).toEqual({ first: 9975, end: 10_000 });
});

test("rows of different heights", () => {
  const tops = row_tops(5, (row) => (row === 1 ? 100 : 20));
  expect(tops).toEqual([0, 20, 120, 140, 160, 180]);
  expect(visible_window(tops, 30, 80, 0)).toEqual({ first: 1, end: 2 });
  expect(visible_window(tops, 119, 2, 0)).toEqual({ first: 1, end: 3 });
});

test("a short or empty list is drawn whole", () => {
  expect(visible_window(equal_rows(3), 0, 400)).toEqual({ first: 0, end: 3 });
  expect(visible_window(equal_rows(0), 0, 400)).toEqual({ first: 0, end: 0 });
});

test("scrolled past the end after the list became shorter, the last row is still drawn", () => {
  expect(visible_window(equal_rows(10), 5_000, 400).first).toBeLessThan(10);
  expect(visible_window(equal_rows(10), 5_000, 400).end).toBe(10);
});

test("the end is reached within a few pixels", () => {
  expect(is_at_end(600, 400, 1000)).toBe(true);
  expect(is_at_end(595, 400, 1000)).toBe(true);
  expect(is_at_end(500, 400, 1000)).toBe(false);
});
