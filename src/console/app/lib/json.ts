// JSON that keeps what JavaScript's numbers cannot hold: 9007199254740993 and 1.0 are shown and sent as they came, in
// browsers that tell the source text of a number.

export class ExactNumber {
  constructor(readonly source: string) {}
}

type Reviver = (key: string, value: unknown, context?: { source?: string }) => unknown;

const keep_exact: Reviver = (_key, value, context) => {
  if (typeof value !== "number" || context?.source === undefined) return value;
  return String(value) === context.source ? value : new ExactNumber(context.source);
};

export function parse_json(text: string): unknown {
  return JSON.parse(text, keep_exact as (key: string, value: unknown) => unknown);
}

export function is_object(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}

export function scalar_text(value: unknown): string {
  return value instanceof ExactNumber ? value.source : JSON.stringify(value);
}

// Indented by two spaces, as a person edits it.
export function json_text(value: unknown, indent = ""): string {
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    return `[\n${value.map((each) => deeper + json_text(each, deeper)).join(",\n")}\n${indent}]`;
  }
  if (is_object(value)) {
    const entries = Object.entries(value);
    if (entries.length === 0) return "{}";
    const lines = entries.map(([key, each]) => `${deeper}${JSON.stringify(key)}: ${json_text(each, deeper)}`);
    return `{\n${lines.join(",\n")}\n${indent}}`;
  }
  return scalar_text(value);
}

// Why a text cannot be an input, or null when it can.
export function input_problem(text: string): string | null {
  if (text.trim() === "") return null;
  try {
    return is_object(parse_json(text)) ? null : "The input must be a JSON object, such as {\"topic\": \"AI agents\"}.";
  } catch (error) {
    return `Not JSON yet: ${error instanceof Error ? error.message : String(error)}`;
  }
}
