// Outcomes over time as stacked bars. Pointing at one tells its numbers; a table with the same is there for screen readers.
import { useState } from "preact/hooks";

import { bars, total_of, value_of, type Bucket } from "../lib/chart";
import { count } from "../lib/format";

interface ChartProps {
  title: string;
  one: string;
  many: string;
  buckets: Bucket[];
  series: string[]; // from the bottom up; names are also the colours'
  bucket_seconds: number;
}

const width = 600;
const height = 120;

function clock(iso: string, bucket_seconds: number): string {
  const at = new Date(iso);
  const time = at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  if (bucket_seconds < 3600) return time;
  return `${at.toLocaleDateString("en-GB", { weekday: "short", day: "numeric" })} ${time}`;
}

export function Chart({ title, one, many, buckets, series, bucket_seconds }: ChartProps) {
  const [pointed, point] = useState<number | null>(null);
  const { bars: drawn, top } = bars(buckets, series, width, height);
  const sums = series.map((name) => ({ name, value: buckets.reduce((sum, each) => sum + value_of(each, name), 0) }));
  const total = sums.reduce((sum, { value }) => sum + value, 0);
  const bucket = pointed === null ? undefined : buckets[pointed];
  const shown = bucket ? series.map((name) => ({ name, value: value_of(bucket, name) })) : sums;
  const first = buckets[0];
  const last = buckets.at(-1);
  const middle = buckets[Math.floor(buckets.length / 2)];
  return (
    <figure class="chart">
      <figcaption>
        <h2>{title}</h2>
        <span class="muted number">
          {bucket ? clock(bucket.at, bucket_seconds) : count(total, one, many)}
        </span>
        <span class="legend">
          {shown.map(({ name, value }) => (
            <span key={name} class={`legend-item ${name}`}>
              <span class="swatch" aria-hidden="true" />
              <span class="number">{value.toLocaleString("en")}</span> {name}
            </span>
          ))}
        </span>
      </figcaption>
      <div class="plot">
        <span class="axis-top number" aria-hidden="true">
          {top.toLocaleString("en")}
        </span>
        <svg
          viewBox={`0 0 ${width} ${height}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${title}: ${sums.map(({ name, value }) => `${value} ${name}`).join(", ")}`}
          onPointerLeave={() => point(null)}
        >
          <line class="grid" x1="0" x2={width} y1="0.5" y2="0.5" />
          <line class="grid" x1="0" x2={width} y1={height / 2} y2={height / 2} />
          <line class="base" x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} />
          {drawn.map((bar, index) => (
            <g key={bar.at} class={index === pointed ? "bar pointed" : "bar"} onPointerEnter={() => point(index)}>
              <rect class="hit" x={(index * width) / buckets.length} y="0" width={width / buckets.length} height={height} />
              {bar.parts.map((part) => (
                <rect key={part.series} class={part.series} x={bar.x} y={part.y} width={bar.width} height={part.height} />
              ))}
            </g>
          ))}
        </svg>
        {total === 0 && <p class="chart-empty muted">Nothing in this time</p>}
      </div>
      <div class="axis number" aria-hidden="true">
        <span>{first && clock(first.at, bucket_seconds)}</span>
        <span>{middle && clock(middle.at, bucket_seconds)}</span>
        <span>{last && clock(last.at, bucket_seconds)}</span>
      </div>
      <table class="visually-hidden">
        <caption>{title}</caption>
        <thead>
          <tr>
            <th>Time</th>
            {series.map((name) => (
              <th key={name}>{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {buckets
            .filter((each) => total_of(each, series) > 0)
            .map((each) => (
              <tr key={each.at}>
                <td>{clock(each.at, bucket_seconds)}</td>
                {series.map((name) => (
                  <td key={name}>{value_of(each, name)}</td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </figure>
  );
}
