import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { useAction } from "../lib/query";
import { ActionForm } from "./action_form";
import { TextField } from "./form";

interface DialogProps {
  title: string;
  close: () => void;
  children: ComponentChildren;
}

export function Dialog({ title, close, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    element.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      aria-labelledby="dialog-title"
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onClick={(event) => event.stopPropagation()}
    >
      <h2 id="dialog-title">{title}</h2>
      {children}
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  button: string;
  act: () => Promise<void>;
  close: () => void;
  name?: string | undefined; // what has to be typed, for what cannot be undone
  danger?: boolean;
  children: ComponentChildren;
}

// Says what will happen before it does.
export function Confirm({ title, button, act, close, name, danger = false, children }: ConfirmProps) {
  const [typed, set_typed] = useState("");
  const action = useAction(async () => {
    await act();
    close();
  });
  const blocked = name !== undefined && typed.trim() !== name.trim();
  return (
    <Dialog title={title} close={close}>
      <ActionForm
        button={button}
        cancel="Keep as it is"
        danger={danger}
        ready={!blocked}
        pending={action.pending}
        error={action.error}
        submit={() => void action.run()}
        close={close}
      >
        <div class="dialog-text">{children}</div>
        {name !== undefined && <TextField label={`Type “${name}” to confirm`} value={typed} set={set_typed} focus />}
      </ActionForm>
    </Dialog>
  );
}
