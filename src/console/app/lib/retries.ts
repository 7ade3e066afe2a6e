// How many attempts a delivery gets: the first and one for each step of the retry schedule.
import { is_object } from "./json";
import type { Attempt, Delivery, ServerInfo } from "./types";

export function attempts_allowed(server: ServerInfo | undefined): number | null {
  const delivery = server?.limits["delivery"];
  const schedule = is_object(delivery) ? delivery["retry_schedule"] : undefined;
  return Array.isArray(schedule) ? schedule.length + 1 : null;
}

export const last_attempt = (delivery: Delivery): Attempt | undefined => delivery.attempts.at(-1);

// "2 of 8"; a delivery that was sent again by hand may have more than the schedule allows.
export function attempt_text(delivery: Delivery, allowed: number | null): string {
  const made = delivery.attempts.length;
  return allowed === null || made > allowed ? String(made) : `${made} of ${allowed}`;
}

// Why it failed, in the words of the server: of the delivery if it was given up, else of its last attempt.
export function failure_text(delivery: Delivery): string | null {
  if (delivery.status === "succeeded") return null;
  return last_attempt(delivery)?.error ?? delivery.error;
}
