// Requests to the server. Every failure is an ApiError whose message can be shown; `offline` means that no answer came.
import { parse_json } from "./json";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field?: string,
    readonly run_id?: string,
  ) {
    super(message);
  }
}

let when_signed_out: () => void = () => undefined;

// Called whenever the server no longer knows the session.
export function on_signed_out(callback: () => void): void {
  when_signed_out = callback;
}

export async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body),
      signal: signal ?? null,
      cache: "no-store",
    });
    text = await response.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "offline", "The server does not answer.");
  }
  if (!response.ok) {
    const error = error_of(response.status, text);
    if (response.status === 401 && path.startsWith("/v1/")) when_signed_out();
    throw error;
  }
  return (text === "" ? undefined : parse_json(text)) as T;
}

export function error_of(status: number, text: string): ApiError {
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string; field?: string; run_id?: string } };
    return new ApiError(status, error.code, error.message, error.field, error.run_id);
  } catch {
    return new ApiError(status, "unexpected_answer", `The server answered with status ${status}.`);
  }
}

export const get = <T>(path: string, signal?: AbortSignal) => call<T>("GET", path, undefined, signal);
export const post = <T>(path: string, body?: unknown) => call<T>("POST", path, body);
export const patch = <T>(path: string, body: unknown) => call<T>("PATCH", path, body);
export const put = <T>(path: string, body: unknown) => call<T>("PUT", path, body);
export const remove = (path: string) => call<undefined>("DELETE", path);

export function message_of(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// "/v1/runs?status=failed": parameters without a value are left out.
export function with_query(path: string, parameters: Record<string, string | number | null | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}
