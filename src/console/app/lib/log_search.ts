// Which lines of a log hold some words, in whatever case. Lines are only ever added, so none is looked at twice.
import type { RunLine } from "./run_events";

export function pattern_of(words: string): RegExp | null {
  return words === "" ? null : new RegExp(`(${words.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")})`, "iu");
}

export interface Part {
  text: string;
  hit: boolean;
}

export function parts_of(text: string, pattern: RegExp | null): Part[] {
  if (!pattern) return [{ text, hit: false }];
  return text
    .split(pattern)
    .map((part, index) => ({ text: part, hit: index % 2 === 1 }))
    .filter((part) => part.text !== "");
}

export class LogSearch {
  private lines: RunLine[] | null = null;
  private words = "";
  private seen = 0;
  private found: RunLine[] = [];

  // The same array grows while the words stay.
  find(lines: RunLine[], words: string): RunLine[] {
    const pattern = pattern_of(words);
    if (!pattern) return lines;
    if (lines !== this.lines || words !== this.words) {
      Object.assign(this, { lines, words, seen: 0, found: [] });
    }
    for (; this.seen < lines.length; this.seen++) {
      const line = lines[this.seen]!;
      if (pattern.test(line.text) || (line.kind === "event" && pattern.test(line.level))) this.found.push(line);
    }
    return this.found;
  }
}
