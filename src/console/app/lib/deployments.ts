// The deployments by name, read once for all rows that show one.
import { useEffect } from "preact/hooks";

import { get, with_query } from "./api";
import { Store, useStore } from "./store";
import type { Deployment, Page } from "./types";

const most_pages = 10;
const fresh_for = 5_000;

const deployments = new Store<Deployment[]>([]);
let read_at = -Infinity;

export async function read_deployments(): Promise<void> {
  read_at = Date.now();
  const all: Deployment[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < most_pages; page++) {
    const answer: Page<"deployments", Deployment> = await get(with_query("/v1/deployments", { limit: 100, cursor }));
    all.push(...answer.deployments);
    cursor = answer.next_cursor;
    if (cursor === null) break;
  }
  deployments.set(all);
}

export function useDeployments(): Deployment[] {
  useEffect(() => {
    if (Date.now() - read_at > fresh_for) read_deployments().catch(() => (read_at = -Infinity));
  }, []);
  return useStore(deployments);
}
