// Which rows of a long list are drawn: those in sight and some around them.

export interface Window {
  first: number;
  end: number;
}

export function visible_window(rows: number, row_height: number, scroll_top: number, height: number, spare = 20): Window {
  const first = Math.floor(Math.max(0, scroll_top) / row_height) - spare;
  const end = Math.ceil((Math.max(0, scroll_top) + height) / row_height) + spare;
  return { first: Math.min(Math.max(0, first), Math.max(0, rows - 1)), end: Math.min(rows, end) };
}

export function is_at_end(scroll_top: number, height: number, scroll_height: number): boolean {
  return scroll_height - scroll_top - height < 8;
}
