// Who is signed in: asked once at the start, then known from what the server answers.
import { call, get, on_signed_out } from "./api";
import { forget_everything } from "./query";
import { Store } from "./store";
import type { Session } from "./types";

type Known = Session | "unknown" | "unreachable";

export const session = new Store<Known>("unknown");

export async function load_session(): Promise<void> {
  try {
    session.set(await get<Session>("/console/session"));
  } catch {
    session.set("unreachable");
  }
}

export async function sign_in(api_key: string): Promise<void> {
  await call("POST", "/console/session", { api_key });
  await load_session();
}

export async function sign_out(): Promise<void> {
  await call("DELETE", "/console/session");
  signed_out();
}

export function signed_out(): void {
  forget_everything();
  const current = session.value;
  session.set({ signed_in: false, version: typeof current === "string" ? "" : current.version });
}

on_signed_out(signed_out);
