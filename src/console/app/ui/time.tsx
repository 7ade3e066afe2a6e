// Times: relative, with the exact UTC time on hover and for screen readers' `datetime`.
import { useCallback } from "preact/hooks";

import { useTicking } from "../lib/clock";
import { countdown, duration, duration_so_far, exact_time, relative_time } from "../lib/format";

export function Ago({ at }: { at: string }) {
  const text = useTicking(useCallback((now) => relative_time(Date.parse(at), now), [at]));
  return (
    <time dateTime={at} title={exact_time(at)}>
      {text}
    </time>
  );
}

export function Countdown({ at }: { at: string }) {
  const text = useTicking(useCallback((now) => countdown(Date.parse(at), now), [at]));
  return (
    <time dateTime={at} title={exact_time(at)}>
      {text}
    </time>
  );
}

// How long something took, or has taken so far.
export function Took({ from, to }: { from: string | null; to: string | null }) {
  const text = useTicking(
    useCallback(
      (now) => {
        if (from === null) return "–";
        const length = (to === null ? now : Date.parse(to)) - Date.parse(from);
        return to === null ? duration_so_far(length) : duration(length);
      },
      [from, to],
    ),
  );
  return <span class="number">{text}</span>;
}
