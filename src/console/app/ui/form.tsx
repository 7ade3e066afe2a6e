import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

import type { ApiError } from "../lib/api";
import { href } from "../lib/router";

interface FieldProps {
  label: string;
  hint?: ComponentChildren;
  error?: string | null | undefined;
  children: (attributes: { id: string; "aria-describedby": string; "aria-invalid": boolean }) => ComponentChildren;
}

export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, "aria-describedby": `${id}-hint`, "aria-invalid": Boolean(error) })}
      <div id={`${id}-hint`} class={error ? "hint bad" : "hint"}>
        {error ?? hint}
      </div>
    </div>
  );
}

interface TextProps {
  label: string;
  value: string;
  set: (value: string) => void;
  hint?: ComponentChildren;
  error?: string | null | undefined;
  placeholder?: string;
  mono?: boolean;
  focus?: boolean;
  type?: "text" | "password" | "url" | "number";
}

const take_focus = (element: HTMLElement | null) => element?.focus();

export function TextField({ label, value, set, hint, error, placeholder, mono, focus, type = "text" }: TextProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(attributes) => (
        <input
          {...attributes}
          type={type}
          class={mono ? "mono" : ""}
          value={value}
          placeholder={placeholder ?? ""}
          autocomplete="off"
          spellcheck={false}
          autofocus={focus ?? false}
          ref={focus ? take_focus : null}
          onInput={(event) => set(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

interface AreaProps extends Omit<TextProps, "type"> {
  rows?: number;
}

export function TextArea({ label, value, set, hint, error, placeholder, focus, rows = 3 }: AreaProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(attributes) => (
        <textarea
          {...attributes}
          class="mono"
          rows={rows}
          value={value}
          placeholder={placeholder ?? ""}
          spellcheck={false}
          autofocus={focus ?? false}
          ref={focus ? take_focus : null}
          onInput={(event) => set(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

export interface Option {
  value: string;
  label: string;
}

interface SelectProps {
  label: string;
  value: string;
  set: (value: string) => void;
  options: Option[];
  hint?: ComponentChildren;
}

export function SelectField({ label, value, set, options, hint }: SelectProps) {
  return (
    <Field label={label} hint={hint}>
      {(attributes) => <Select {...attributes} value={value} set={set} options={options} />}
    </Field>
  );
}

export function Select({ value, set, options, ...attributes }: Omit<SelectProps, "label"> & Record<string, unknown>) {
  return (
    <select {...attributes} value={value} onChange={(event) => set(event.currentTarget.value)}>
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

export function CheckField({ label, on, set }: { label: string; on: boolean; set: (on: boolean) => void }) {
  return (
    <label class="check">
      <input type="checkbox" checked={on} onChange={(event) => set(event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}

// A switch that is the server's: it shows what the server has said.
export function Switch({ label, on, set, busy }: { label: string; on: boolean; set: (on: boolean) => void; busy?: boolean }) {
  return (
    <button
      type="button"
      role="switch"
      class="switch"
      aria-checked={on}
      aria-label={label}
      title={on ? "Enabled" : "Disabled"}
      disabled={busy}
      onClick={(event) => {
        event.stopPropagation();
        set(!on);
      }}
    >
      <span class="knob" />
    </button>
  );
}

export function FormError({ error, except = [] }: { error: ApiError | undefined; except?: string[] }) {
  if (!error || (error.field !== undefined && except.includes(error.field))) return null;
  return (
    <p class="form-error bad" role="alert">
      {error.field ? `${error.field}: ${error.message}` : error.message}{" "}
      {error.run_id && <a href={href(`/runs/${error.run_id}`)}>Look at the run</a>}
    </p>
  );
}

export const field_error = (error: ApiError | undefined, field: string): string | undefined =>
  error?.field === field ? error.message : undefined;
