import { describe, expect, test, vi } from "vitest";

import { append_page, merge_first_page, throttle } from "./merge";

const rows = (...ids: string[]) => ids.map((id) => ({ id, status: "old" }));

describe("a first page read again", () => {
  test("puts new rows in front and keeps the older ones", () => {
    const merged = merge_first_page({ rows: rows("5", "4", "3", "2"), next_cursor: "2" },
      { rows: [{ id: "6", status: "new" }, { id: "5", status: "new" }], next_cursor: "5" });
    expect(merged.rows.map((row) => row.id + row.status)).toEqual(["6new", "5new", "4old", "3old", "2old"]);
    expect(merged.next_cursor).toBe("2");
  });
  test("drops rows that are no longer in its range", () => {
    const merged = merge_first_page({ rows: rows("5", "4", "3", "2"), next_cursor: "2" },
      { rows: rows("5", "3"), next_cursor: "3" });
    expect(merged.rows.map((row) => row.id)).toEqual(["5", "3", "2"]);
  });
  test("replaces everything when rows in between would be missing", () => {
    const page = { rows: rows("9", "8"), next_cursor: "8" };
    expect(merge_first_page({ rows: rows("5", "4"), next_cursor: "4" }, page)).toBe(page);
  });
  test("replaces everything when it is the whole list", () => {
    const page = { rows: rows("5"), next_cursor: null };
    expect(merge_first_page({ rows: rows("5", "4"), next_cursor: null }, page)).toBe(page);
  });
  test("keeps its own cursor when nothing older is known", () => {
    const merged = merge_first_page({ rows: rows("3"), next_cursor: null }, { rows: rows("4", "3"), next_cursor: "3" });
    expect(merged.next_cursor).toBe("3");
  });
});

test("a further page is put behind, without what is there already", () => {
  const both = append_page({ rows: rows("3", "2"), next_cursor: "2" }, { rows: rows("2", "1"), next_cursor: null });
  expect(both.rows.map((row) => row.id)).toEqual(["3", "2", "1"]);
  expect(both.next_cursor).toBeNull();
});

test("a burst of changes is read at once and then in intervals", () => {
  vi.useFakeTimers();
  const read = vi.fn();
  const { call } = throttle(read, 500);
  call();
  expect(read).toHaveBeenCalledTimes(1);
  for (let i = 0; i < 100; i++) call();
  expect(read).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(500);
  expect(read).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(5_000);
  expect(read).toHaveBeenCalledTimes(2);
  vi.useRealTimers();
});
