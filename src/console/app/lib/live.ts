// The server's stream of changes, one for the page: screens say what they want to hear, the frame shows whether the
// connection stands. A page that is not seen lets go of its connection, since a browser has six for a server.
import { read_stream, type Frame } from "./sse";
import { Store } from "./store";

export interface Change {
  type: string;
  data: Record<string, unknown>;
}

export interface Connection {
  state: "connecting" | "open" | "lost";
  since: number;
}

// null: something may have been missed, so read everything again.
type Listener = (change: Change | null) => void;

const longest_silence = 40_000; // the server says something every 15 s
const longest_pause = 3_000;

export const connection = new Store<Connection>({ state: "connecting", since: Date.now() });
const listeners = new Set<Listener>();

export function on_change(listener: Listener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function tell(change: Change | null): void {
  for (const listener of listeners) listener(change);
}

export function parse_change(frame: Frame): Change | null {
  const { type, data } = JSON.parse(frame.data) as { type: string; data?: Record<string, unknown> };
  return type === "reset" ? null : { type, data: data ?? {} };
}

// How long to wait before the next try: short at first, since most losses are restarts.
export function pause_after(failures: number): number {
  return Math.min(longest_pause, 250 * 2 ** Math.min(failures, 10));
}

function enter(state: Connection["state"]): void {
  if (connection.value.state !== state) connection.set({ state, since: Date.now() });
}

const pause = (milliseconds: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });

// One connection: ends when it broke, was refused or has been silent for too long.
async function stay_connected(signal: AbortSignal, position: { id: string | null }): Promise<number> {
  const silence = new AbortController();
  const give_up = () => silence.abort();
  signal.addEventListener("abort", give_up, { once: true });
  let watchdog = setTimeout(give_up, longest_silence);
  try {
    return await read_stream({
      url: "/v1/events",
      last_id: position.id,
      signal: silence.signal,
      on_open: () => {
        enter("open");
        // What happened between the reading of a screen and now was told to nobody.
        tell(null);
      },
      on_bytes: () => {
        clearTimeout(watchdog);
        watchdog = setTimeout(give_up, longest_silence);
      },
      on_frame: (frame) => {
        position.id = frame.id;
        tell(parse_change(frame));
      },
    });
  } finally {
    clearTimeout(watchdog);
    signal.removeEventListener("abort", give_up);
  }
}

async function listen(signal: AbortSignal, on_signed_out: () => void): Promise<void> {
  const position: { id: string | null } = { id: null };
  let failures = 0;
  while (!signal.aborted) {
    const opened = Date.now();
    const status = await stay_connected(signal, position).catch(() => 0);
    if (signal.aborted) return;
    if (status === 401) return on_signed_out();
    enter("lost");
    failures = Date.now() - opened > 10_000 ? 0 : failures + 1;
    await pause(pause_after(failures), signal);
  }
}

export function start_live(on_signed_out: () => void): () => void {
  let current: AbortController | null = null;
  const update = () => {
    if (document.visibilityState === "visible" && !current) {
      current = new AbortController();
      void listen(current.signal, on_signed_out);
    } else if (document.visibilityState === "hidden") {
      current?.abort();
      current = null;
      enter("connecting");
    }
  };
  document.addEventListener("visibilitychange", update);
  update();
  return () => {
    document.removeEventListener("visibilitychange", update);
    current?.abort();
    connection.set({ state: "connecting", since: Date.now() });
  };
}
