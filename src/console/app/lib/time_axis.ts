// A time axis for a trace: true to scale where something happens, while a long stretch of nothing (the wait for a retry)
// takes no more than a fixed share. Positions are from 0 to 1.

export interface Span {
  start: number;
  end: number;
}

export interface TimeAxis {
  position: (at: number) => number;
  breaks: number[]; // positions of stretches that were shortened
}

const break_share = 0.08;

// The stretches of time that some span covers.
function covered(spans: Span[]): Span[] {
  const sorted = [...spans].sort((a, b) => a.start - b.start);
  const result: Span[] = [];
  for (const span of sorted) {
    const last = result.at(-1);
    if (last && span.start <= last.end) last.end = Math.max(last.end, span.end);
    else result.push({ ...span });
  }
  return result;
}

export function time_axis(spans: Span[]): TimeAxis {
  const busy = covered(spans);
  const active = busy.reduce((sum, span) => sum + span.end - span.start, 0) || 1;
  const longest_gap = active * break_share;
  const stops: { at: number; x: number }[] = [];
  const break_xs: number[] = [];
  let x = 0;
  for (const [index, span] of busy.entries()) {
    const before = busy[index - 1];
    if (before) {
      const gap = Math.min(span.start - before.end, longest_gap);
      if (gap < span.start - before.end) break_xs.push(x + gap / 2);
      x += gap;
    }
    stops.push({ at: span.start, x });
    x += span.end - span.start;
    stops.push({ at: span.end, x });
  }
  const whole = x || 1;
  const position = (at: number): number => {
    const next = stops.findIndex((stop) => stop.at >= at);
    if (next <= 0) return next === 0 ? 0 : 1;
    const from = stops[next - 1]!;
    const to = stops[next]!;
    const part = to.at === from.at ? 1 : (at - from.at) / (to.at - from.at);
    return (from.x + part * (to.x - from.x)) / whole;
  };
  return { position, breaks: break_xs.map((each) => each / whole) };
}
