// How times, durations, sizes and ids are written.

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

function amount(milliseconds: number): string {
  if (milliseconds < minute) return `${Math.floor(milliseconds / second)} s`;
  if (milliseconds < hour) return `${Math.floor(milliseconds / minute)} min`;
  if (milliseconds < 2 * day) return `${Math.floor(milliseconds / hour)} h`;
  return `${Math.floor(milliseconds / day)} d`;
}

export function relative_time(at: number, now: number): string {
  const age = now - at;
  if (Math.abs(age) < 5 * second) return "now";
  return age > 0 ? `${amount(age)} ago` : `in ${amount(-age)}`;
}

// "in 1 min 20 s": what is left until then, to the second.
export function countdown(at: number, now: number): string {
  const left = at - now;
  if (left <= 0) return "due now";
  const seconds = Math.ceil(left / second);
  if (seconds < 60) return `in ${seconds} s`;
  return `in ${duration(seconds * second)}`;
}

export function exact_time(iso: string): string {
  return iso.replace("T", " ").replace(/Z$/, " UTC");
}

export function time_of_day(iso: string): string {
  return iso.slice(11, 23);
}

export function duration(milliseconds: number): string {
  if (milliseconds < second) return `${Math.max(0, Math.round(milliseconds))} ms`;
  if (milliseconds < minute) return `${(milliseconds / second).toFixed(milliseconds < 10 * second ? 2 : 1)} s`;
  if (milliseconds < hour) return two(milliseconds, minute, "min", second, "s");
  return two(milliseconds, hour, "h", minute, "min");
}

function two(value: number, large: number, large_name: string, small: number, small_name: string): string {
  const rest = Math.floor((value % large) / small);
  return `${Math.floor(value / large)} ${large_name}${rest === 0 ? "" : ` ${rest} ${small_name}`}`;
}

// Of something that goes on: whole seconds, which is how often it is written anew.
export function duration_so_far(milliseconds: number): string {
  return milliseconds < minute ? `${Math.floor(Math.max(0, milliseconds) / second)} s` : duration(milliseconds);
}

// "run_01m8…fksg": the prefix, the start and the end, which differ between neighbours.
export function short_id(id: string): string {
  const underscore = id.indexOf("_");
  if (underscore < 0 || id.length <= underscore + 11) return id;
  return `${id.slice(0, underscore + 5)}…${id.slice(-4)}`;
}

export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  if (count < 1024 * 1024) return `${trim(count / 1024)} KiB`;
  return `${trim(count / 1024 / 1024)} MiB`;
}

function trim(value: number): string {
  return value.toFixed(1).replace(/\.0$/, "");
}

export function count(value: number, one: string, many = `${one}s`): string {
  return `${value.toLocaleString("en")} ${value === 1 ? one : many}`;
}

// "queued_writes" → "Queued writes"
export function words(name: string): string {
  const text = name.replace(/_/g, " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
