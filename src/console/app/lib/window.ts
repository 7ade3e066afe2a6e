// Which rows of a long list are drawn: those in sight and some around them. Rows may have different heights.

export interface Window {
  first: number;
  end: number;
}

// Where each row begins, and where the last one ends.
export function row_tops(rows: number, height_of: (row: number) => number): number[] {
  const tops = [0];
  for (let row = 0; row < rows; row++) tops.push(tops[row]! + height_of(row));
  return tops;
}

// The last row that begins at or above `y`.
function row_at(tops: number[], y: number): number {
  let low = 0;
  let high = tops.length - 2;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (tops[middle]! <= y) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}

export function visible_window(tops: number[], scroll_top: number, height: number, spare = 20): Window {
  const rows = tops.length - 1;
  const top = Math.max(0, scroll_top);
  return {
    first: Math.max(0, row_at(tops, top) - spare),
    end: Math.min(rows, row_at(tops, top + height) + 1 + spare),
  };
}

export function is_at_end(scroll_top: number, height: number, scroll_height: number): boolean {
  return scroll_height - scroll_top - height < 8;
}
