// A short word on what just happened, seen at the foot of the page and read out by screen readers.
import { Store, useStore } from "../lib/store";

const notice = new Store("");
let timer: ReturnType<typeof setTimeout> | undefined;

export function say(text: string): void {
  notice.set(text);
  clearTimeout(timer);
  timer = setTimeout(() => notice.set(""), 4000);
}

export function Notice() {
  const text = useStore(notice);
  return (
    <div class="notice" role="status" aria-live="polite">
      {text !== "" && <span>{text}</span>}
    </div>
  );
}
