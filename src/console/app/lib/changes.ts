// Which changes of the live stream concern a screen.
import type { Change } from "./live";

export const is_run_change = (change: Change): boolean => change.type.startsWith("run.");
export const is_delivery_change = (change: Change): boolean => change.type.startsWith("delivery.");

// Whether a change speaks of the thing with this id, be it as its own or as what it belongs to.
export const mentions =
  (id: string) =>
  (change: Change): boolean =>
    Object.values(change.data).includes(id);
