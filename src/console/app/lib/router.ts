// The address bar is the state: which screen, which filter, which row is open. The environment stays in the address as
// one walks, so every link is made by `href`.
import { useEffect, useState } from "preact/hooks";

export interface Place {
  path: string;
  query: URLSearchParams;
}

export const base = "/console";

const listeners = new Set<() => void>();

export function place_of(url: URL): Place {
  const path = url.pathname.startsWith(base) ? url.pathname.slice(base.length) : url.pathname;
  return { path: path.replace(/\/+$/, "") || "/", query: url.searchParams };
}

// The parameters of a path that fits a pattern such as "/runs/:id", or null.
export function match(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  const parameters: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const value = given[index] ?? "";
    if (segment.startsWith(":")) {
      try {
        parameters[segment.slice(1)] = decodeURIComponent(value);
      } catch {
        return null;
      }
    } else if (segment !== value) {
      return null;
    }
  }
  return parameters;
}

type Query = Record<string, string | number | null | undefined>;

// The address of a screen, in the environment that `current` is in unless the query says another.
export function address(path: string, query: Query, current: URLSearchParams): string {
  const parameters = new URLSearchParams();
  const all: Query = { environment: current.get("environment"), ...query };
  for (const [name, value] of Object.entries(all)) {
    if (value !== null && value !== undefined && value !== "") parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return base + (path === "/" ? "" : path) + (text === "" ? "" : `?${text}`);
}

export const here = (): Place => place_of(new URL(location.href));

export const href = (path: string, query: Query = {}): string => address(path, query, here().query);

export function navigate(to: string, how: "push" | "replace" = "push"): void {
  if (how === "replace") history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  for (const listener of listeners) listener();
}

// Changes some parameters of the address and keeps the rest.
export function set_query(changes: Query, how: "push" | "replace" = "push"): void {
  const { path, query } = here();
  navigate(address(path, { ...Object.fromEntries(query), ...changes }, query), how);
}

export function usePlace(): Place {
  const [place, set_place] = useState(here);
  useEffect(() => {
    const update = () => set_place(here());
    listeners.add(update);
    update();
    return () => void listeners.delete(update);
  }, []);
  return place;
}

export function start_router(): void {
  addEventListener("popstate", () => listeners.forEach((listener) => listener()));
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const to = link?.getAttribute("href");
    if (!to || link?.target || (to !== base && !to.startsWith(`${base}/`) && !to.startsWith(`${base}?`))) return;
    event.preventDefault();
    const changes_screen = place_of(new URL(to, location.href)).path !== here().path;
    navigate(to);
    if (changes_screen) scrollTo(0, 0);
  });
}
