// A log of any length: only the rows in sight are in the page. It follows the end until the reader scrolls up.
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import { exact_time, time_of_day } from "../lib/format";
import { LogSearch, parts_of, pattern_of } from "../lib/log_search";
import { remember, remembered } from "../lib/remembered";
import type { RunLine } from "../lib/run_events";
import { Store, useStore } from "../lib/store";
import { is_at_end, row_tops, visible_window } from "../lib/window";
import { CopyButton } from "./copy";
import { Icon } from "./icons";

const row_height = 20;
const beside_text = 24 + 12; // padding of a row, and between time and text
const time_columns = 12;

const wrap_key = "crewship-log-wrap";
const wraps = new Store(remembered(wrap_key) === "true");
wraps.follow((value) => remember(wrap_key, String(value)));

const row_class = ({ kind, level }: RunLine): string =>
  kind === "event" ? "log-row event-row" : level === "error" || level === "warning" ? `log-row ${level}` : "log-row";

const columns_of = ({ kind, level, text }: RunLine): number => text.length + (kind === "event" ? level.length + 2 : 0);

function Marked({ text, pattern }: { text: string; pattern: RegExp | null }) {
  return <>{parts_of(text, pattern).map((part) => (part.hit ? <mark>{part.text}</mark> : part.text))}</>;
}

function Row({ line, pattern }: { line: RunLine; pattern: RegExp | null }) {
  return (
    <div class={row_class(line)}>
      <time title={line.timestamp ? exact_time(line.timestamp) : ""}>
        {line.timestamp ? time_of_day(line.timestamp) : ""}
      </time>
      <span class="log-text">
        {line.kind === "event" && (
          <span class="event-type">
            <Marked text={line.level} pattern={pattern} />
          </span>
        )}
        <Marked text={line.text} pattern={pattern} />
      </span>
    </div>
  );
}

interface LogViewProps {
  lines: RunLine[]; // they are added to the same array
  live: boolean;
}

export function LogView({ lines, live }: LogViewProps) {
  const [words, set_words] = useState("");
  const wrap = useStore(wraps);
  const search = useRef(new LogSearch());
  const shown = search.current.find(lines, words);
  const total = lines.length;
  const field = (
    <div class="log-head">
      <div class="log-search">
        <Icon name="search" />
        <input
          type="search"
          aria-label="Search the log"
          placeholder="Search the log"
          value={words}
          onInput={(event) => set_words(event.currentTarget.value)}
        />
      </div>
      <span class="spacer" />
      <button type="button" class="quiet toggle" aria-pressed={wrap} onClick={() => wraps.set(!wrap)}>
        Wrap lines
      </button>
    </div>
  );
  return (
    <div class="log">
      {(total > 0 || live) && field}
      <LogRows
        rows={shown}
        count={shown.length}
        pattern={pattern_of(words)}
        wrap={wrap}
        live={live}
        empty={total > 0 ? "No line has these words" : live ? "Nothing written yet" : "It wrote nothing"}
        foot={
          <>
            <span class="muted number" role="status">
              {words !== "" && `${shown.length.toLocaleString("en")} of `}
              {`${total.toLocaleString("en")} ${total === 1 ? "line" : "lines"}`}
            </span>
            {words !== "" && (
              <button type="button" class="quiet" onClick={() => set_words("")}>
                Show all
              </button>
            )}
          </>
        }
      />
    </div>
  );
}

interface LogRowsProps {
  rows: RunLine[];
  count: number; // the same array grows
  pattern: RegExp | null;
  wrap: boolean;
  live: boolean;
  empty: string;
  foot: ComponentChildren;
}

function LogRows({ rows, count, pattern, wrap, live, empty, foot }: LogRowsProps) {
  const box = useRef<HTMLDivElement>(null);
  const ruler = useRef<HTMLSpanElement>(null);
  const drawn = useRef<HTMLDivElement>(null);
  const [scroll, set_scroll] = useState({ top: 0, height: 400 });
  const [following, follow] = useState(live);
  // Of wrapped rows that were drawn, by their number; the others' heights are estimated from their length.
  const heights = useRef(new Map<number, number>());
  const [columns, set_columns] = useState(80);
  const [measured, set_measured] = useState(0);

  useEffect(() => {
    const measure = () => {
      const element = box.current;
      if (!element || !ruler.current) return;
      const column = ruler.current.offsetWidth / 100;
      heights.current.clear();
      set_columns(Math.max(1, Math.floor((element.clientWidth - beside_text) / column) - time_columns));
      set_scroll({ top: element.scrollTop, height: element.clientHeight });
    };
    measure();
    const observer = new ResizeObserver(measure);
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, []);

  const tops = useMemo(() => {
    if (!wrap) return row_tops(count, () => row_height);
    const height_of = (row: number) => {
      const line = rows[row]!;
      return heights.current.get(line.number) ?? row_height * Math.max(1, Math.ceil(columns_of(line) / columns));
    };
    return row_tops(count, height_of);
  }, [rows, count, wrap, columns, measured]);
  const whole = tops.at(-1)!;
  const { first, end } = visible_window(tops, scroll.top, scroll.height);

  // What an estimate was wrong by above the first row in sight must not move what is read.
  useLayoutEffect(() => {
    if (!wrap || !box.current || !drawn.current) return;
    let changed = false;
    let moved = 0;
    for (const [index, element] of [...drawn.current.children].entries()) {
      const row = first + index;
      const line = rows[row];
      const height = (element as HTMLElement).offsetHeight;
      if (!line || heights.current.get(line.number) === height) continue;
      const expected = tops[row + 1]! - tops[row]!;
      heights.current.set(line.number, height);
      if (height === expected) continue;
      changed = true;
      if (tops[row + 1]! <= box.current.scrollTop) moved += height - expected;
    }
    if (!changed) return;
    if (moved !== 0 && !following) box.current.scrollTop += moved;
    set_measured((times) => times + 1);
  });
  useLayoutEffect(() => {
    if (following && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [whole, following]);

  return (
    <>
      <div
        ref={box}
        class={wrap ? "log-box wrap" : "log-box"}
        tabIndex={0}
        role="region"
        aria-label="Log"
        onScroll={(event) => {
          const { scrollTop, clientHeight, scrollHeight } = event.currentTarget;
          follow(is_at_end(scrollTop, clientHeight, scrollHeight));
          set_scroll({ top: scrollTop, height: clientHeight });
        }}
      >
        <span ref={ruler} class="log-ruler" aria-hidden="true">
          {"0".repeat(100)}
        </span>
        <div class="log-space" style={{ height: `${whole}px` }}>
          <div ref={drawn} class="log-rows" style={{ transform: `translateY(${tops[first]}px)` }}>
            {rows.slice(first, end).map((line) => (
              <Row key={line.number} line={line} pattern={pattern} />
            ))}
          </div>
        </div>
        {count === 0 && <p class="muted log-empty">{empty}</p>}
      </div>
      <div class="log-foot">
        {foot}
        {!following && live && (
          <button type="button" class="quiet" onClick={() => follow(true)}>
            Follow the end
          </button>
        )}
        <span class="spacer" />
        {count > 0 && (
          <CopyButton
            what={pattern ? "Copy these lines" : "Copy log"}
            text={async () => rows.map((line) => line.text).join("\n")}
          />
        )}
      </div>
    </>
  );
}
