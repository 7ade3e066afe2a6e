// States, each with a shape, a word and a colour, so that none is told by colour alone.
import type { AttemptStatus, DeliveryStatus, RunStatus } from "../lib/types";

export type Status = RunStatus | DeliveryStatus | AttemptStatus;

const shapes: Record<Status, string> = {
  succeeded: "M4.6 8.3 7 10.6l4.4-5",
  failed: "M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2",
  canceled: "M4.8 8h6.4",
  pending: "",
  running: "M8 1.8A6.2 6.2 0 0 1 14.2 8",
  in_flight: "M8 1.8A6.2 6.2 0 0 1 14.2 8",
  in_doubt: "M8 4.6v4.2M8 11.2h.01",
};

const status_words: Partial<Record<Status, string>> = { in_flight: "sending", in_doubt: "unknown" };

export const status_word = (status: Status): string => status_words[status] ?? status;

export function StatusShape({ status }: { status: Status }) {
  return (
    <svg class={`shape ${status}`} viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <circle cx="8" cy="8" r="6.2" />
      <path d={shapes[status]} />
    </svg>
  );
}

export function StatusMark({ status }: { status: Status }) {
  return (
    <span class={`status ${status}`}>
      <StatusShape status={status} />
      {status_word(status)}
    </span>
  );
}

// The last results as small marks, oldest left; a failed one is lower and red.
export function Recent({ statuses, of }: { statuses: Status[] | undefined; of: string }) {
  if (!statuses) return null;
  if (statuses.length === 0) return <span class="muted">none yet</span>;
  const failed = statuses.filter((status) => status === "failed").length;
  const succeeded = statuses.filter((status) => status === "succeeded").length;
  const words = `Last ${statuses.length} ${of}: ${succeeded} succeeded, ${failed} failed`;
  return (
    <svg class="recent" width="100" height="14" viewBox="0 0 100 14" role="img" aria-label={words}>
      <title>{words}</title>
      {[...statuses].reverse().map((status, index) => {
        const low = status === "failed";
        return (
          <rect
            class={status}
            x={index * 5}
            y={low ? 7 : 1}
            width="3"
            height={low ? 6 : 12}
            rx="1"
          />
        );
      })}
    </svg>
  );
}

export function HttpCode({ code }: { code: number | null }) {
  if (code === null) return <span class="muted">–</span>;
  return <span class={`number ${code >= 200 && code < 300 ? "" : "bad"}`}>{code}</span>;
}
