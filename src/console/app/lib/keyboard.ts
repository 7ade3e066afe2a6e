// Keys that work on every screen: j and k move over the rows, / searches, ? explains. Enter is the browser's own: the
// row's link has the focus.

export const keys: [string, string][] = [
  ["j", "next row"],
  ["k", "row before"],
  ["Enter", "open the row"],
  ["/", "find by id"],
  ["f", "search a run's log"],
  ["Esc", "close, or leave a field"],
  ["?", "this list"],
];

export function is_typing(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
}

function row_links(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("tr.row .row-link")];
}

export function move_row(step: 1 | -1): void {
  const links = row_links();
  const focused = document.activeElement?.closest("tr.row")?.querySelector<HTMLElement>(".row-link");
  const index = focused ? links.indexOf(focused) + step : step > 0 ? 0 : links.length - 1;
  const next = links[Math.min(Math.max(index, 0), links.length - 1)];
  next?.focus();
  next?.closest("tr")?.scrollIntoView({ block: "nearest" });
}

interface Commands {
  search: () => void;
  help: () => void;
}

export function start_keyboard(commands: Commands): () => void {
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape" && is_typing(event.target)) {
      (event.target as HTMLElement).blur();
      return;
    }
    if (is_typing(event.target)) return;
    if (event.key === "j") move_row(1);
    else if (event.key === "k") move_row(-1);
    else if (event.key === "/") commands.search();
    else if (event.key === "f") document.querySelector<HTMLElement>(".log-search input")?.focus();
    else if (event.key === "?") commands.help();
    else return;
    event.preventDefault();
  };
  document.addEventListener("keydown", press);
  return () => document.removeEventListener("keydown", press);
}
