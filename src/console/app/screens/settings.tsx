import { useState } from "preact/hooks";

import { post, remove } from "../lib/api";
import { words } from "../lib/format";
import { is_object } from "../lib/json";
import { useAction, useList, useQuery } from "../lib/query";
import type { ApiKey, ServerInfo } from "../lib/types";
import { ActionForm } from "../ui/action_form";
import { CodeBlock } from "../ui/code";
import { Id } from "../ui/copy";
import { Confirm } from "../ui/dialog";
import { TextField } from "../ui/form";
import { Icon } from "../ui/icons";
import { ErrorState, ListTable, Skeleton } from "../ui/list";
import { say } from "../ui/notice";
import { Ago } from "../ui/time";

export function SettingsScreen() {
  return (
    <>
      <div class="screen-head">
        <h1>Settings</h1>
      </div>
      <ApiKeys />
      <Server />
    </>
  );
}

function ApiKeys() {
  const list = useList<ApiKey>("/v1/api-keys", "api_keys");
  const [adding, set_adding] = useState(false);
  const [deleting, set_deleting] = useState<ApiKey | null>(null);
  return (
    <section aria-labelledby="keys-title">
      <div class="section-head">
        <div>
          <h2 id="keys-title">API keys</h2>
          <p class="hint">Each opens the API and this console. Deleting one ends what was signed in with it.</p>
        </div>
        {!adding && (
          <button type="button" onClick={() => set_adding(true)}>
            <Icon name="plus" /> New API key
          </button>
        )}
      </div>
      {adding && <AddKey added={list.reload} close={() => set_adding(false)} />}
      <ListTable
        label="API keys"
        list={list}
        empty={<p>There is no key.</p>}
        columns={
          <>
            <th>Name</th>
            <th class="wide">Id</th>
            <th class="right">Made</th>
            <th class="right">Last used</th>
            <th class="right">
              <span class="visually-hidden">Actions</span>
            </th>
          </>
        }
        row={(key) => (
          <tr key={key.id}>
            <td class="name-cell strong">{key.name}</td>
            <td class="wide">
              <Id id={key.id} copy />
            </td>
            <td class="right">
              <Ago at={key.created_at} />
            </td>
            <td class="right">
              {key.last_used_at ? <Ago at={key.last_used_at} /> : <span class="muted">never</span>}
            </td>
            <td class="right actions">
              <button type="button" class="danger-quiet" aria-label={`Delete ${key.name}`} onClick={() => set_deleting(key)}>
                Delete
              </button>
            </td>
          </tr>
        )}
      />
      {deleting && (
        <Confirm
          title={`Delete the key ${deleting.name}?`}
          button="Delete key"
          name={deleting.name}
          danger
          close={() => set_deleting(null)}
          act={async () => {
            await remove(`/v1/api-keys/${deleting.id}`);
            say(`The key ${deleting.name} is deleted`);
            list.reload();
          }}
        >
          <p>Programs that use it are refused from now on, and consoles signed in with it are signed out.</p>
        </Confirm>
      )}
    </section>
  );
}

function AddKey({ added, close }: { added: () => void; close: () => void }) {
  const [name, set_name] = useState("");
  const [made, set_made] = useState<ApiKey>();
  const action = useAction(async () => {
    set_made(await post<ApiKey>("/v1/api-keys", { name: name.trim() }));
    added();
  });
  if (made?.key) {
    return (
      <div class="panel">
        <h2>{made.name} is ready</h2>
        <p class="warning-line">
          <Icon name="warning" /> The key is shown this once. Save it now.
        </p>
        <CodeBlock text={made.key} what="Copy key" />
        <div class="buttons">
          <button type="button" class="primary" onClick={close}>
            I have saved it
          </button>
        </div>
      </div>
    );
  }
  return (
    <ActionForm
      title="New API key"
      button="Create key"
      ready={name.trim() !== ""}
      pending={action.pending}
      error={action.error}
      submit={() => void action.run()}
      close={close}
    >
      <TextField label="Name" value={name} set={set_name} focus placeholder="deploy script" hint="Who will use it" />
    </ActionForm>
  );
}

function Server() {
  const server = useQuery<ServerInfo>("/v1/server");
  if (!server.data) {
    return server.error ? <ErrorState error={server.error} retry={server.reload} /> : <Skeleton />;
  }
  const { version, public_url, started_at, limits } = server.data;
  return (
    <>
      <section aria-labelledby="server-title">
        <h2 id="server-title">Server</h2>
        <dl class="facts">
          <div>
            <dt>Version</dt>
            <dd>{version}</dd>
          </div>
          <div>
            <dt>Public URL</dt>
            <dd>
              <code class="break">{public_url}</code>
            </dd>
          </div>
          <div>
            <dt>Started</dt>
            <dd>
              <Ago at={started_at} />
            </dd>
          </div>
        </dl>
      </section>
      <section aria-labelledby="limits-title">
        <h2 id="limits-title">Limits in force</h2>
        <p class="hint">They are set in the server’s configuration file.</p>
        <div class="limits">
          {Object.entries(limits).map(([name, value]) => (
            <Limits key={name} name={name} value={value} />
          ))}
        </div>
      </section>
    </>
  );
}

function Limits({ name, value }: { name: string; value: unknown }) {
  const entries = is_object(value) ? Object.entries(value) : [[name, value] as const];
  return (
    <div>
      {is_object(value) && <h3>{words(name)}</h3>}
      <dl class="limit-list">
        {entries.map(([key, each]) => (
          <div key={key}>
            <dt>{words(key)}</dt>
            <dd class="number">{limit_text(each)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function limit_text(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(limit_text).join(", ");
  if (is_object(value)) return Object.entries(value).map(([name, each]) => `${name}: ${limit_text(each)}`).join(", ");
  if (value === null) return "not set";
  return typeof value === "number" ? value.toLocaleString("en") : String(value);
}
