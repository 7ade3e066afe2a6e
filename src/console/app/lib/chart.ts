// Geometry of a bar chart over time: one stacked bar a bucket.

export interface Bucket {
  at: string;
  [series: string]: number | string;
}

export interface Bar {
  x: number;
  width: number;
  parts: { series: string; y: number; height: number }[];
  at: string;
  total: number;
}

// A round number not below the highest total, to write beside the chart.
export function nice_top(highest: number): number {
  if (highest <= 4) return Math.max(1, highest);
  const power = 10 ** Math.floor(Math.log10(highest));
  for (const step of [1, 2, 3, 4, 5, 6, 8, 10]) {
    if (step * power >= highest) return step * power;
  }
  return 10 * power;
}

export function value_of(bucket: Bucket, series: string): number {
  const value = bucket[series];
  return typeof value === "number" ? value : 0;
}

export function total_of(bucket: Bucket, series: string[]): number {
  return series.reduce((sum, each) => sum + value_of(bucket, each), 0);
}

export function bars(buckets: Bucket[], series: string[], width: number, height: number): { bars: Bar[]; top: number } {
  const top = nice_top(Math.max(0, ...buckets.map((bucket) => total_of(bucket, series))));
  const step = width / Math.max(1, buckets.length);
  const bar_width = Math.max(1, step - Math.min(2, step * 0.25));
  return {
    top,
    bars: buckets.map((bucket, index) => {
      let y = height;
      const parts = series.flatMap((each) => {
        const value = value_of(bucket, each);
        if (value === 0) return [];
        // A single failure among thousands is still seen.
        const part = Math.max(2, (value / top) * height);
        y -= part;
        return [{ series: each, y: Math.max(0, y), height: part }];
      });
      return { x: index * step + (step - bar_width) / 2, width: bar_width, parts, at: bucket.at, total: total_of(bucket, series) };
    }),
  };
}

// Every bucket of the range, those in which nothing happened included: the server may leave empty ones out.
export function fill_buckets(given: Bucket[], now: string, range_seconds: number, bucket_seconds: number): Bucket[] {
  const size = bucket_seconds * 1000;
  const last = Math.floor(Date.parse(now) / size) * size;
  const by_time = new Map(given.map((bucket) => [Math.floor(Date.parse(bucket.at) / size) * size, bucket]));
  return Array.from({ length: Math.round(range_seconds / bucket_seconds) }, (_, index, all = range_seconds / bucket_seconds) => {
    const at = last - (Math.round(all) - 1 - index) * size;
    return by_time.get(at) ?? { at: new Date(at).toISOString() };
  });
}
