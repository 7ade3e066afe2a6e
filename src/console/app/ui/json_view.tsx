// JSON that folds. Long arrays and deep values start closed.
import { is_object, json_text, scalar_text } from "../lib/json";
import { CopyButton } from "./copy";

const shown_at_once = 100;

function kind(value: unknown): string {
  if (typeof value === "string") return "json-string";
  return value === null || typeof value === "boolean" ? "json-word" : "json-number";
}

function Value({ name, value, depth }: { name: string | null; value: unknown; depth: number }) {
  const label = name !== null && <span class="json-key">{name}: </span>;
  const entries = Array.isArray(value)
    ? value.map((each, index) => [String(index), each] as const)
    : is_object(value)
      ? Object.entries(value)
      : null;
  if (!entries || entries.length === 0) {
    const text = entries ? (Array.isArray(value) ? "[]" : "{}") : scalar_text(value);
    return (
      <div class="json-line">
        {label}
        <span class={entries ? "muted" : kind(value)}>{text}</span>
      </div>
    );
  }
  const size = Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`;
  return (
    <details class="json" open={depth < 2 && entries.length <= shown_at_once}>
      <summary>
        {label}
        <span class="muted">{size}</span>
      </summary>
      <div class="json-inside">
        {entries.slice(0, shown_at_once).map(([key, each]) => (
          <Value key={key} name={key} value={each} depth={depth + 1} />
        ))}
        {entries.length > shown_at_once && (
          <div class="muted">{`… ${entries.length - shown_at_once} more; copy to see them all`}</div>
        )}
      </div>
    </details>
  );
}

export function JsonView({ title, value }: { title: string; value: unknown }) {
  return (
    <section class="json-view">
      <div class="section-head">
        <h3>{title}</h3>
        <CopyButton text={json_text(value)} what={`Copy ${title.toLowerCase()}`} small />
      </div>
      <div class="json-body" tabIndex={0} role="group" aria-label={title}>
        <Value name={null} value={value} depth={0} />
      </div>
    </section>
  );
}
