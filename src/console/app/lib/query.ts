// What a screen reads from the server. What was read before is shown at once and read again behind it; changes on the
// live stream make it read again.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import { ApiError, get, message_of, with_query } from "./api";
import { on_change, type Change } from "./live";
import { append_page, merge_first_page, throttle, type Rows } from "./merge";

const page_rows = 50;
const read_interval = 400;

const known = new Map<string, unknown>();

export const forget_everything = () => known.clear();

type Wanted = (change: Change) => boolean;
const never: Wanted = () => false;

export interface Query<T> {
  data: T | undefined;
  error: ApiError | undefined;
  reload: () => void;
  set: (data: T) => void;
}

function to_error(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(0, "failed", message_of(error));
}

interface Reading<T> {
  path: string | null;
  data: T | undefined;
  error: ApiError | undefined;
}

// Reads `path` now, on `reload`, when the live stream has something wanted, and after a lost connection. `take` says what
// the answer makes of what is on the screen.
function useReading<T>(
  path: string | null,
  read: (path: string, signal: AbortSignal) => Promise<T>,
  take: (old: T | undefined, answer: T) => T,
  wanted: Wanted,
): Query<T> {
  const [reading, set_reading] = useState<Reading<T>>({ path: null, data: undefined, error: undefined });
  const reload_now = useRef(() => undefined as void);
  const wants = useRef(wanted);
  wants.current = wanted;

  const set = useCallback(
    (data: T) => {
      if (path === null) return;
      known.set(path, data);
      set_reading({ path, data, error: undefined });
    },
    [path],
  );

  useEffect(() => {
    if (path === null) return undefined;
    const leaving = new AbortController();
    let busy = false;
    let again = false;
    const load = async () => {
      if (busy) {
        again = true;
        return;
      }
      busy = true;
      try {
        const answer = await read(path, leaving.signal);
        if (!leaving.signal.aborted) set(take(known.get(path) as T | undefined, answer));
      } catch (error) {
        if (leaving.signal.aborted) return;
        set_reading({ path, data: known.get(path) as T | undefined, error: to_error(error) });
      } finally {
        busy = false;
        if (again && !leaving.signal.aborted) {
          again = false;
          void load();
        }
      }
    };
    const reads = throttle(() => void load(), read_interval);
    reload_now.current = () => void load();
    void load();
    const stop = on_change((change) => {
      if (change === null || wants.current(change)) reads.call();
    });
    return () => {
      leaving.abort();
      reads.cancel();
      stop();
    };
  }, [path]);

  const current = reading.path === path;
  return {
    data: current ? reading.data : path === null ? undefined : (known.get(path) as T | undefined),
    error: current ? reading.error : undefined,
    reload: useCallback(() => reload_now.current(), []),
    set,
  };
}

const replace = <T>(_old: T | undefined, answer: T): T => answer;

export function useQuery<T>(path: string | null, wanted: Wanted = never): Query<T> {
  return useReading<T>(path, (from, signal) => get<T>(from, signal), replace, wanted);
}

export interface List<Row> {
  rows: Row[] | undefined;
  error: ApiError | undefined;
  has_more: boolean;
  loading_more: boolean;
  more: () => void;
  reload: () => void;
}

const merged = <Row extends { id: string }>(old: Rows<Row> | undefined, page: Rows<Row>): Rows<Row> =>
  old ? merge_first_page(old, page) : page;

export function useList<Row extends { id: string }>(path: string | null, plural: string, wanted: Wanted = never): List<Row> {
  const read_page = async (from: string, cursor: string | null, signal?: AbortSignal): Promise<Rows<Row>> => {
    const [bare = "", query = ""] = from.split("?");
    const parameters = { ...Object.fromEntries(new URLSearchParams(query)), limit: page_rows, cursor };
    const answer = await get<Record<string, unknown>>(with_query(bare, parameters), signal);
    return { rows: answer[plural] as Row[], next_cursor: answer["next_cursor"] as string | null };
  };
  const { data, error, reload, set } = useReading<Rows<Row>>(
    path,
    (from, signal) => read_page(from, null, signal),
    merged,
    wanted,
  );
  const [loading_more, set_loading_more] = useState(false);
  const [more_error, set_more_error] = useState<ApiError>();
  const more = async () => {
    if (path === null || !data?.next_cursor || loading_more) return;
    set_loading_more(true);
    set_more_error(undefined);
    try {
      const page = await read_page(path, data.next_cursor);
      set(append_page((known.get(path) as Rows<Row> | undefined) ?? data, page));
    } catch (failure) {
      set_more_error(to_error(failure));
    } finally {
      set_loading_more(false);
    }
  };
  return {
    rows: data?.rows,
    error: error ?? more_error,
    has_more: data?.next_cursor != null,
    loading_more,
    more: () => void more(),
    reload,
  };
}

// A change to the server that a button makes.
export function useAction<Arguments extends unknown[]>(action: (...given: Arguments) => Promise<void>) {
  const [pending, set_pending] = useState(false);
  const [error, set_error] = useState<ApiError>();
  const run = async (...given: Arguments): Promise<void> => {
    set_pending(true);
    set_error(undefined);
    try {
      await action(...given);
    } catch (failure) {
      set_error(to_error(failure));
    } finally {
      set_pending(false);
    }
  };
  return { run, pending, error, clear: () => set_error(undefined) };
}
