import type { Environment } from "../lib/types";

export function EnvironmentTag({ environment }: { environment: Environment }) {
  return <span class={`tag ${environment}`}>{environment}</span>;
}
