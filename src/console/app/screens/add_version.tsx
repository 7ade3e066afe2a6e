import { useState } from "preact/hooks";

import { post } from "../lib/api";
import { parse_env, split_command } from "../lib/command";
import { useAction } from "../lib/query";
import type { Deployment, Version } from "../lib/types";
import { ActionForm } from "../ui/action_form";
import { SelectField, TextArea, TextField } from "../ui/form";
import { say } from "../ui/notice";

interface AddVersionProps {
  deployment: Deployment;
  first: boolean;
  added: () => void;
  close: () => void;
}

export function AddVersion({ deployment, first, added, close }: AddVersionProps) {
  const [type, set_type] = useState("command");
  const [command, set_command] = useState("");
  const [working_dir, set_working_dir] = useState("");
  const [handler, set_handler] = useState("echo");
  const [env_text, set_env_text] = useState("");
  const [timeout, set_timeout] = useState("");
  const [environment, set_environment] = useState(first ? "production" : "");
  const { words, problem } = split_command(command);
  const { env, problem: env_problem } = parse_env(env_text);
  const seconds = Number(timeout);
  const timeout_problem = timeout !== "" && !(Number.isInteger(seconds) && seconds > 0) ? "Whole seconds, please." : null;
  const action = useAction(async () => {
    const runner =
      type === "builtin"
        ? { type, handler: handler.trim() }
        : { type, command: words, ...(working_dir.trim() === "" ? {} : { working_dir: working_dir.trim() }) };
    const made = await post<Version>(`/v1/deployments/${deployment.id}/versions`, {
      runner,
      ...(Object.keys(env).length > 0 ? { env } : {}),
      ...(timeout === "" ? {} : { timeout_seconds: seconds }),
      ...(environment === "" ? {} : { environment }),
    });
    say(`Version ${made.number} made`);
    added();
  });
  const ready = (type === "builtin" ? handler.trim() !== "" : words.length > 0 && !problem) && !env_problem && !timeout_problem;
  return (
    <ActionForm
      title="New version"
      button="Create version"
      ready={ready}
      pending={action.pending}
      error={action.error}
      submit={() => void action.run()}
      close={close}
    >
      <div class="fields">
        <SelectField
          label="What it starts"
          value={type}
          set={set_type}
          options={[
            { value: "command", label: "A program" },
            { value: "builtin", label: "A handler that is built in" },
          ]}
        />
        {type === "command" ? (
          <>
            <TextField
              label="Command"
              value={command}
              set={set_command}
              mono
              focus
              placeholder="python3 crew.py"
              error={problem}
              hint={
                words.length > 1 ? (
                  <span class="chips">
                    {words.map((word, index) => (
                      <code key={index}>{word === "" ? "(empty)" : word}</code>
                    ))}
                  </span>
                ) : (
                  "Started without a shell. The input comes on stdin as JSON, stdout is the output, stderr the log."
                )
              }
            />
            <TextField
              label="Working directory (optional)"
              value={working_dir}
              set={set_working_dir}
              mono
              placeholder="/srv/crew"
            />
          </>
        ) : (
          <TextField label="Handler" value={handler} set={set_handler} mono hint="“echo” returns its input." />
        )}
        <TextArea
          label="Environment variables (optional)"
          value={env_text}
          set={set_env_text}
          placeholder="MODEL=large"
          error={env_problem}
          hint="One NAME=value a line"
        />
        <TextField
          label="Time limit in seconds (optional)"
          value={timeout}
          set={set_timeout}
          error={timeout_problem}
          hint="A run that takes longer is ended and fails."
        />
        <SelectField
          label="Put it live"
          value={environment}
          set={set_environment}
          options={[
            { value: "", label: "Not yet" },
            { value: "production", label: "In production" },
            { value: "staging", label: "In staging" },
          ]}
        />
      </div>
    </ActionForm>
  );
}
