// How a list that is on the screen takes in its first page read again. Ids sort by time, lists are newest first.

export interface Rows<Row> {
  rows: Row[];
  next_cursor: string | null;
}

export function merge_first_page<Row extends { id: string }>(old: Rows<Row>, page: Rows<Row>): Rows<Row> {
  const last = page.rows.at(-1);
  const newest = old.rows[0];
  // The page is the whole list, or so much is new that rows between the two are missing.
  if (!last || !newest || page.next_cursor === null || last.id > newest.id) return page;
  const older = old.rows.filter((row) => row.id < last.id);
  return { rows: [...page.rows, ...older], next_cursor: older.length > 0 ? old.next_cursor : page.next_cursor };
}

export function append_page<Row extends { id: string }>(old: Rows<Row>, page: Rows<Row>): Rows<Row> {
  const known = new Set(old.rows.map((row) => row.id));
  return { rows: [...old.rows, ...page.rows.filter((row) => !known.has(row.id))], next_cursor: page.next_cursor };
}

// At once, then at most every `interval`, and once more when calls came in between.
export function throttle(action: () => void, interval: number): { call: () => void; cancel: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let again = false;
  const wait = () => {
    timer = setTimeout(() => {
      timer = undefined;
      if (!again) return;
      again = false;
      action();
      wait();
    }, interval);
  };
  return {
    call: () => {
      if (timer !== undefined) {
        again = true;
        return;
      }
      action();
      wait();
    },
    cancel: () => clearTimeout(timer),
  };
}
