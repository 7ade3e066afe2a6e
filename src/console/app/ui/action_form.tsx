// The frame of every form that changes something: its fields, what went wrong, and the two buttons.
import type { ComponentChildren } from "preact";

import type { ApiError } from "../lib/api";
import { FormError } from "./form";

interface ActionFormProps {
  title?: string; // makes it a panel; a dialog has its own
  button: string;
  cancel?: string;
  danger?: boolean;
  ready?: boolean;
  pending: boolean;
  error: ApiError | undefined;
  at_fields?: string[]; // the fields that show their errors themselves
  submit: () => void;
  close: () => void;
  children: ComponentChildren;
}

export function ActionForm(props: ActionFormProps) {
  const { title, button, cancel = "Cancel", danger = false, ready = true, pending, submit, close } = props;
  return (
    <form
      class={title ? "panel" : ""}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready && !pending) submit();
      }}
    >
      {title && <h2>{title}</h2>}
      {props.children}
      <FormError error={props.error} except={props.at_fields ?? []} />
      <div class="buttons">
        <button type="button" onClick={close}>
          {cancel}
        </button>
        <button type="submit" class={danger ? "danger" : "primary"} disabled={!ready || pending}>
          {button}
        </button>
      </div>
    </form>
  );
}
