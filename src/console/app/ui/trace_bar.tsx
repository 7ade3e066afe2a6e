// Where on the trace's time axis something was.
import type { Span, TimeAxis } from "../lib/time_axis";

export function TraceBar({ axis, span, status }: { axis: TimeAxis; span: Span; status: string }) {
  const from = axis.position(span.start) * 1000;
  const to = axis.position(span.end) * 1000;
  return (
    <svg class="trace-bar" viewBox="0 0 1000 14" preserveAspectRatio="none" aria-hidden="true">
      {axis.breaks.map((at) => (
        <line key={at} class="break" x1={at * 1000} x2={at * 1000} y1="0" y2="14" />
      ))}
      <rect class={status} x={Math.min(from, 994)} y="3" width={Math.max(6, to - from)} height="8" rx="2" />
    </svg>
  );
}
