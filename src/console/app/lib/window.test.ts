import { expect, test } from "vitest";

import { is_at_end, visible_window } from "./window";

test("only what is in sight and some rows around it are drawn", () => {
  expect(visible_window(10_000, 20, 0, 400, 5)).toEqual({ first: 0, end: 25 });
  expect(visible_window(10_000, 20, 100_000, 400, 5)).toEqual({ first: 4995, end: 5025 });
  expect(visible_window(10_000, 20, 199_600, 400, 5)).toEqual({ first: 9975, end: 10_000 });
});

test("a short or empty list is drawn whole", () => {
  expect(visible_window(3, 20, 0, 400)).toEqual({ first: 0, end: 3 });
  expect(visible_window(0, 20, 0, 400)).toEqual({ first: 0, end: 0 });
});

test("scrolled past the end after the list became shorter, the last row is still drawn", () => {
  expect(visible_window(10, 20, 5_000, 400).first).toBeLessThan(10);
});

test("the end is reached within a few pixels", () => {
  expect(is_at_end(600, 400, 1000)).toBe(true);
  expect(is_at_end(595, 400, 1000)).toBe(true);
  expect(is_at_end(500, 400, 1000)).toBe(false);
});
