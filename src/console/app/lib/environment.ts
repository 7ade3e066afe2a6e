// The environment that the address names; none means both.
import type { Environment } from "./types";

export function environment_of(query: URLSearchParams): Environment | null {
  const value = query.get("environment");
  return value === "production" || value === "staging" ? value : null;
}
