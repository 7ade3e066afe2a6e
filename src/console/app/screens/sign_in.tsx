import { useState } from "preact/hooks";

import { TextField } from "../ui/form";
import { useAction } from "../lib/query";
import { sign_in } from "../lib/session";

export function SignIn({ version }: { version: string }) {
  const [key, set_key] = useState("");
  const action = useAction(async () => {
    await sign_in(key.trim());
  });
  const message =
    action.error?.code === "wrong_key" ? "This is not a key of this server." : (action.error?.message ?? null);
  return (
    <main class="sign-in">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void action.run();
        }}
      >
        <svg viewBox="0 0 32 32" width="36" height="36" aria-hidden="true" class="brand-mark">
          <path d="M16 3v17M16 5l9 12H16M14 8l-7 9h7M4 21h24l-4 7H8z" />
        </svg>
        <h1>Sign in to crewshipd</h1>
        <TextField
          label="API key"
          type="password"
          value={key}
          set={set_key}
          error={message}
          focus
          hint={
            <>
              The first key is in the file <code>admin.key</code> in the server’s data folder.
            </>
          }
        />
        <button type="submit" class="primary wide" disabled={key.trim() === "" || action.pending}>
          Sign in
        </button>
        <p class="muted version-line">{version && `Version ${version}`}</p>
      </form>
    </main>
  );
}
