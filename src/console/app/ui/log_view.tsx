// A log of any length: only the rows in sight are in the page. It follows the end until the reader scrolls up.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import type { RunLine } from "../lib/run_events";
import { exact_time, time_of_day } from "../lib/format";
import { is_at_end, visible_window } from "../lib/window";
import { CopyButton } from "./copy";

const row_height = 20;

const row_class = ({ kind, level }: RunLine): string =>
  kind === "event" ? "log-row event-row" : level === "error" || level === "warning" ? `log-row ${level}` : "log-row";

interface LogViewProps {
  lines: RunLine[];
  count: number; // of lines; they are added to the same array
  live: boolean;
}

export function LogView({ lines, count, live }: LogViewProps) {
  const box = useRef<HTMLDivElement>(null);
  const [scroll, set_scroll] = useState({ top: 0, height: 400 });
  const [following, follow] = useState(live);

  const measure = () => {
    const element = box.current;
    if (element) set_scroll({ top: element.scrollTop, height: element.clientHeight });
  };
  useEffect(() => {
    measure();
    const observer = new ResizeObserver(measure);
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (following && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [count, following]);

  const { first, end } = visible_window(count, row_height, scroll.top, scroll.height);
  return (
    <div class="log">
      <div
        ref={box}
        class="log-box"
        tabIndex={0}
        role="region"
        aria-label="Log"
        onScroll={(event) => {
          const { scrollTop, clientHeight, scrollHeight } = event.currentTarget;
          follow(is_at_end(scrollTop, clientHeight, scrollHeight));
          set_scroll({ top: scrollTop, height: clientHeight });
        }}
      >
        <div class="log-space" style={{ height: `${count * row_height}px` }}>
          <div class="log-rows" style={{ transform: `translateY(${first * row_height}px)` }}>
            {lines.slice(first, end).map((line) => (
              <div key={line.number} class={row_class(line)}>
                <time title={line.timestamp ? exact_time(line.timestamp) : ""}>
                  {line.timestamp ? time_of_day(line.timestamp) : ""}
                </time>
                {line.kind === "event" && <span class="event-type">{line.level}</span>}
                <span>{line.text}</span>
              </div>
            ))}
          </div>
        </div>
        {count === 0 && <p class="muted log-empty">{live ? "Nothing written yet" : "It wrote nothing"}</p>}
      </div>
      <div class="log-foot">
        <span class="muted number">{`${count.toLocaleString("en")} ${count === 1 ? "line" : "lines"}`}</span>
        {!following && live && (
          <button type="button" class="quiet" onClick={() => follow(true)}>
            Follow the end
          </button>
        )}
        <span class="spacer" />
        {count > 0 && <CopyButton what="Copy log" text={async () => lines.map((line) => line.text).join("\n")} />}
      </div>
    </div>
  );
}
