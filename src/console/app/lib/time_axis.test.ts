import { expect, test } from "vitest";

import { time_axis } from "./time_axis";

test("without gaps the axis is true to scale", () => {
  const { position, breaks } = time_axis([{ start: 0, end: 100 }, { start: 50, end: 200 }]);
  expect(breaks).toEqual([]);
  expect([0, 50, 100, 200].map(position)).toEqual([0, 0.25, 0.5, 1]);
});

test("a wait of hours takes a small share and is marked", () => {
  const { position, breaks } = time_axis([{ start: 0, end: 100 }, { start: 7_200_000, end: 7_200_100 }]);
  expect(breaks).toHaveLength(1);
  expect(position(100)).toBeCloseTo(100 / 216, 3);
  expect(position(7_200_000)).toBeCloseTo(116 / 216, 3);
  expect(position(7_200_100)).toBe(1);
  expect(breaks[0]).toBeCloseTo(108 / 216, 3);
});

test("times never go backwards", () => {
  const { position } = time_axis([{ start: 10, end: 10 }, { start: 500, end: 520 }, { start: 530, end: 700 }]);
  const positions = Array.from({ length: 800 }, (_, at) => position(at));
  expect(positions).toEqual([...positions].sort((a, b) => a - b));
  expect(positions[0]).toBe(0);
  expect(positions.at(-1)).toBe(1);
});

test("nothing, or a single moment, is no trouble", () => {
  expect(time_axis([]).position(5)).toBe(1);
  expect(time_axis([{ start: 5, end: 5 }]).position(5)).toBe(0);
});
