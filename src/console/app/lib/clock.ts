// One tick a second for everything that shows a relative time.
import { useEffect, useState } from "preact/hooks";

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function follow(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => listeners.forEach((each) => each()), 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

// What `text` makes of the time now; renders again only when it makes something else.
export function useTicking(text: (now: number) => string): string {
  const [, render] = useState("");
  useEffect(() => follow(() => render(text(Date.now()))), [text]);
  return text(Date.now());
}
