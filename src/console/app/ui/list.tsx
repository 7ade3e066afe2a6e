// A list of the server's rows with all its states: loading, empty, filtered to nothing, failed, and more to come.
import type { ComponentChildren } from "preact";

import type { ApiError } from "../lib/api";
import type { List } from "../lib/query";
import { navigate } from "../lib/router";
import { Icon } from "./icons";

export function Skeleton({ rows = 6 }: { rows?: number }) {
  return (
    <div class="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} class="skeleton-row" />
      ))}
    </div>
  );
}

export function ErrorState({ error, retry }: { error: ApiError; retry: () => void }) {
  return (
    <div class="state" role="alert">
      <p>
        <Icon name="warning" /> {error.message}
      </p>
      <button type="button" onClick={retry}>
        Try again
      </button>
    </div>
  );
}

export function EmptyState({ children }: { children: ComponentChildren }) {
  return <div class="state">{children}</div>;
}

interface ListTableProps<Row> {
  label: string;
  list: List<Row>;
  columns: ComponentChildren; // the cells of the head
  row: (row: Row) => ComponentChildren;
  empty: ComponentChildren;
  clear_filter?: (() => void) | undefined; // given when a filter is set
}

export function ListTable<Row>({ label, list, columns, row, empty, clear_filter }: ListTableProps<Row>) {
  if (!list.rows) return list.error ? <ErrorState error={list.error} retry={list.reload} /> : <Skeleton />;
  if (list.rows.length === 0 && clear_filter) {
    return (
      <EmptyState>
        <p>Nothing fits this filter.</p>
        <button type="button" onClick={clear_filter}>
          Clear the filter
        </button>
      </EmptyState>
    );
  }
  if (list.rows.length === 0) return <EmptyState>{empty}</EmptyState>;
  return (
    <>
      {list.error && list.error.code !== "offline" && <ErrorState error={list.error} retry={list.reload} />}
      <table class="list data" aria-label={label}>
        <thead>
          <tr>{columns}</tr>
        </thead>
        <tbody>{list.rows.map(row)}</tbody>
      </table>
      {list.has_more && (
        <div class="more">
          <button type="button" disabled={list.loading_more} onClick={list.more}>
            Show older
          </button>
        </div>
      )}
    </>
  );
}

// A row that opens what its first link points at, wherever it is clicked; the link is for keyboards and screen readers.
export function Row({ to, open = false, children }: { to: string; open?: boolean; children: ComponentChildren }) {
  const click = (event: MouseEvent) => {
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest("a, button, input, select, label, dialog")) return;
    if (getSelection()?.toString()) return;
    navigate(to);
  };
  return (
    <tr class={open ? "row open" : "row"} onClick={click}>
      {children}
    </tr>
  );
}
