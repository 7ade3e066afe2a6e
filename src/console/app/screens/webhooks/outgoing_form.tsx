// The fields of an outgoing webhook, for adding and for changing one.
import { useState } from "preact/hooks";

import type { ApiError } from "../../lib/api";
import type { EventName, OutgoingWebhook } from "../../lib/types";
import { ActionForm } from "../../ui/action_form";
import { CheckField, field_error, SelectField, TextArea, TextField } from "../../ui/form";
import { environment_options } from "./add_incoming";

export interface OutgoingFields {
  name: string;
  url: string;
  events: EventName[];
  headers: Record<string, string>;
  environment: string;
}

const events: { name: EventName; label: string }[] = [
  { name: "run.succeeded", label: "run.succeeded: a run completed" },
  { name: "run.failed", label: "run.failed: a run failed" },
];

const write_headers = (headers: Record<string, string>): string =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");

// Lines of "Name: value".
export function parse_headers(text: string): { headers: Record<string, string>; problem: string | null } {
  const headers: Record<string, string> = {};
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const colon = line.indexOf(":");
    if (colon < 1) return { headers, problem: `“${line.trim()}” is not Name: value.` };
    headers[line.slice(0, colon).trim()] = line.slice(colon + 1).trim();
  }
  return { headers, problem: null };
}

interface OutgoingFormProps {
  title: string;
  button: string;
  start: Partial<OutgoingWebhook> & { environment: string };
  fixed_environment?: boolean;
  error: ApiError | undefined;
  pending: boolean;
  save: (fields: OutgoingFields) => void;
  close: () => void;
}

export function OutgoingForm({ title, button, start, fixed_environment, error, pending, save, close }: OutgoingFormProps) {
  const [name, set_name] = useState(start.name ?? "");
  const [url, set_url] = useState(start.url ?? "");
  const [chosen, choose] = useState<EventName[]>(start.events ?? ["run.succeeded", "run.failed"]);
  const [header_text, set_header_text] = useState(write_headers(start.headers ?? {}));
  const [environment, set_environment] = useState<string>(start.environment);
  const { headers, problem } = parse_headers(header_text);
  const ready = name.trim() !== "" && url.trim() !== "" && chosen.length > 0 && !problem;
  return (
    <ActionForm
      title={title}
      button={button}
      ready={ready}
      pending={pending}
      error={error}
      at_fields={["name", "url", "headers"]}
      submit={() => save({ name: name.trim(), url: url.trim(), events: chosen, headers, environment })}
      close={close}
    >
      <div class="fields">
        <TextField
          label="Name"
          value={name}
          set={set_name}
          focus
          placeholder="results"
          error={field_error(error, "name")}
        />
        <TextField
          label="Target URL"
          value={url}
          set={set_url}
          mono
          placeholder="https://example.com/webhook"
          error={field_error(error, "url")}
        />
        {!fixed_environment && (
          <SelectField
            label="Environment"
            value={environment}
            set={set_environment}
            options={environment_options}
            hint="It hears of runs in this environment only."
          />
        )}
        <fieldset>
          <legend>Events</legend>
          {events.map((event) => (
            <CheckField
              key={event.name}
              label={event.label}
              on={chosen.includes(event.name)}
              set={(on) => choose(on ? [...chosen, event.name] : chosen.filter((each) => each !== event.name))}
            />
          ))}
          {chosen.length === 0 && <div class="hint bad">Choose at least one.</div>}
        </fieldset>
        <TextArea
          label="Headers of your own (optional)"
          value={header_text}
          set={set_header_text}
          placeholder="Authorization: Bearer …"
          error={problem ?? field_error(error, "headers")}
          hint={start.id ? "One “Name: value” a line. *** keeps the value that is stored." : "One “Name: value” a line"}
        />
      </div>
    </ActionForm>
  );
}
