// Starting a run by hand: with an input of one's own, or that of an earlier run, edited.
import { useState } from "preact/hooks";

import { post } from "../lib/api";
import { environment_of } from "../lib/environment";
import { input_problem } from "../lib/json";
import { useAction } from "../lib/query";
import { href, navigate, usePlace } from "../lib/router";
import type { Environment } from "../lib/types";
import { ActionForm } from "../ui/action_form";
import { Dialog } from "../ui/dialog";
import { SelectField, TextArea } from "../ui/form";

interface StartRunProps {
  deployment_id: string;
  title: string;
  input?: string;
  environment?: Environment;
  close: () => void;
}

export function StartRun({ deployment_id, title, input = "{}", environment, close }: StartRunProps) {
  const { query } = usePlace();
  const [text, set_text] = useState(input);
  const [where, set_where] = useState<string>(environment ?? environment_of(query) ?? "production");
  const problem = input_problem(text);
  const action = useAction(async () => {
    // The input goes as the text it is: reading and writing it again could change a number.
    const fields = JSON.stringify({ deployment_id, environment: where });
    const body = `${fields.slice(0, -1)},"input":${text.trim() === "" ? "{}" : text}}`;
    const { run_id } = await post<{ run_id: string }>("/v1/runs", body);
    close();
    navigate(href(`/runs/${run_id}`));
  });
  return (
    <Dialog title={title} close={close}>
      <ActionForm
        button="Start run"
        ready={problem === null}
        pending={action.pending}
        error={action.error}
        submit={() => void action.run()}
        close={close}
      >
        <SelectField
          label="Environment"
          value={where}
          set={set_where}
          options={[
            { value: "production", label: "Production" },
            { value: "staging", label: "Staging" },
          ]}
          hint="The version that is live there runs."
        />
        <TextArea label="Input" rows={10} value={text} set={set_text} error={problem} hint="A JSON object" focus />
      </ActionForm>
    </Dialog>
  );
}
