// What a run's stream of events tells, in order: its log and its program's own events.
import { useEffect, useRef, useState } from "preact/hooks";

import { is_object, parse_json, scalar_text } from "./json";
import { pause_after } from "./live";
import { read_stream, type Frame } from "./sse";

export interface RunLine {
  number: number;
  kind: "log" | "event";
  level: string; // of a log line; of an event its type
  text: string;
  timestamp: string | null;
}

// Those that the run's row tells as well.
const own_types = new Set(["run.started", "run.completed", "run.failed", "run.canceled", "complete"]);

export function line_of(frame: Frame): RunLine | "end" | null {
  const { type, data, timestamp } = parse_json(frame.data) as { type: string; data: unknown; timestamp?: string };
  if (type === "complete") return "end";
  if (own_types.has(type)) return null;
  const number = Number(frame.id ?? 0);
  const fields = is_object(data) ? data : {};
  const when = timestamp ?? null;
  if (type === "log") {
    return { number, kind: "log", level: String(fields["level"]), text: String(fields["message"]), timestamp: when };
  }
  return { number, kind: "event", level: type, text: one_line(data), timestamp: when };
}

// {"name":"search","tries":2} → name: "search", tries: 2
export function one_line(value: unknown): string {
  if (!is_object(value)) return compact(value);
  return Object.entries(value)
    .map(([name, each]) => `${name}: ${compact(each)}`)
    .join(", ");
}

function compact(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(compact).join(", ")}]`;
  if (is_object(value)) return `{${one_line(value)}}`;
  return scalar_text(value);
}

export interface RunLines {
  lines: RunLine[];
  ended: boolean;
}

// The lines so far; grows as they come. Many that come at once are drawn once.
export function useRunLines(run_id: string): RunLines {
  const lines = useRef<RunLine[]>([]);
  const [seen, set_seen] = useState<RunLines>({ lines: lines.current, ended: false });
  useEffect(() => {
    const leaving = new AbortController();
    let drawing = 0;
    let ended = false;
    const draw = () => {
      drawing ||= requestAnimationFrame(() => {
        drawing = 0;
        set_seen({ lines: lines.current, ended });
      });
    };
    const take = (frame: Frame) => {
      const line = line_of(frame);
      if (line === "end") ended = true;
      else if (line) lines.current.push(line);
      if (line) draw();
    };
    const follow = async () => {
      let last_id = "0";
      for (let failures = 0; !ended && !leaving.signal.aborted; failures++) {
        const status = await read_stream({
          url: `/v1/runs/${run_id}/events?timestamps=true`,
          last_id,
          signal: leaving.signal,
          on_frame: (frame) => {
            failures = 0;
            if (frame.id !== null) last_id = frame.id;
            take(frame);
          },
        }).catch(() => 0);
        if (status >= 400 && status < 500) return;
        if (!ended) await new Promise((resolve) => setTimeout(resolve, pause_after(failures)));
      }
    };
    void follow();
    return () => {
      leaving.abort();
      cancelAnimationFrame(drawing);
    };
  }, [run_id]);
  return seen;
}
