// The versions of a deployment and what is live where.
import { useState } from "preact/hooks";

import { put, remove } from "../lib/api";
import { join_command } from "../lib/command";
import { count, duration } from "../lib/format";
import { useList } from "../lib/query";
import type { Deployment, Environment, EnvironmentPointer, Runner, Version } from "../lib/types";
import { Confirm } from "../ui/dialog";
import { EnvironmentTag } from "../ui/environment_tag";
import { Icon } from "../ui/icons";
import { ListTable } from "../ui/list";
import { say } from "../ui/notice";
import { Ago } from "../ui/time";
import { AddVersion } from "./add_version";

const environments: Environment[] = ["production", "staging"];

interface VersionsProps {
  deployment: Deployment;
  environments: EnvironmentPointer[];
  changed: () => void;
}

interface Wish {
  environment: Environment;
  version: Version | null; // null: take down
}

export function Versions({ deployment, environments: pointers, changed }: VersionsProps) {
  const list = useList<Version>(`/v1/deployments/${deployment.id}/versions`, "versions");
  const [adding, set_adding] = useState(false);
  const [wish, set_wish] = useState<Wish | null>(null);
  const pointer_of = (environment: Environment) => pointers.find((pointer) => pointer.environment === environment);
  const none_yet = list.rows?.length === 0;
  return (
    <>
      <div class="live-row">
        {environments.map((environment) => {
          const pointer = pointer_of(environment);
          return (
            <div class="live-card" key={environment}>
              <EnvironmentTag environment={environment} />
              {pointer?.version_number != null ? (
                <>
                  <strong class="number">Version {pointer.version_number}</strong>
                  {pointer.updated_at && (
                    <span class="muted">
                      since <Ago at={pointer.updated_at} />
                    </span>
                  )}
                  <button type="button" class="quiet" onClick={() => set_wish({ environment, version: null })}>
                    Take down
                  </button>
                </>
              ) : (
                <span class="muted">no version is live</span>
              )}
            </div>
          );
        })}
        <div class="spacer" />
        {!adding && !none_yet && (
          <button type="button" class="primary" onClick={() => set_adding(true)}>
            <Icon name="plus" /> New version
          </button>
        )}
      </div>
      {adding && (
        <AddVersion
          deployment={deployment}
          first={none_yet === true}
          close={() => set_adding(false)}
          added={() => {
            set_adding(false);
            list.reload();
            changed();
          }}
        />
      )}
      {!(adding && none_yet) && (
        <ListTable
          label="Versions"
          list={list}
          empty={
            <>
              <p>A version says what to start: a program and its arguments. It never changes; a change is a new version.</p>
              <button type="button" class="primary" onClick={() => set_adding(true)}>
                <Icon name="plus" /> New version
              </button>
            </>
          }
          columns={
            <>
              <th>Version</th>
              <th>Live in</th>
              <th class="wide">Runs</th>
              <th class="wide">Time limit</th>
              <th class="wide right">Created</th>
              <th class="right">
                <span class="visually-hidden">Actions</span>
              </th>
            </>
          }
          row={(version) => (
            <tr key={version.id}>
              <td class="number strong">v{version.number}</td>
              <td>
                {environments
                  .filter((environment) => pointer_of(environment)?.version_id === version.id)
                  .map((environment) => (
                    <EnvironmentTag key={environment} environment={environment} />
                  ))}
              </td>
              <td class="stretch wide">
                <RunnerText runner={version.runner} env={version.env} />
              </td>
              <td class="wide number">
                {version.timeout_seconds === null ? (
                  <span class="muted">default</span>
                ) : (
                  duration(version.timeout_seconds * 1000)
                )}
              </td>
              <td class="wide right">
                <Ago at={version.created_at} />
              </td>
              <td class="right actions">
                {environments
                  .filter((environment) => pointers.length > 0 && pointer_of(environment)?.version_id !== version.id)
                  .map((environment) => (
                    <button key={environment} type="button" onClick={() => set_wish({ environment, version })}>
                      {verb(version, pointer_of(environment))} <span class="on">{environment}</span>
                    </button>
                  ))}
              </td>
            </tr>
          )}
        />
      )}
      {wish && (
        <GoLive
          deployment={deployment}
          wish={wish}
          now={pointer_of(wish.environment)}
          close={() => set_wish(null)}
          changed={changed}
        />
      )}
    </>
  );
}

function is_roll_back(version: Version, pointer: EnvironmentPointer | undefined): boolean {
  return pointer?.version_number != null && version.number < pointer.version_number;
}

const verb = (version: Version, pointer: EnvironmentPointer | undefined): string =>
  is_roll_back(version, pointer) ? "Roll back" : "Make live in";

interface GoLiveProps {
  deployment: Deployment;
  wish: Wish;
  now: EnvironmentPointer | undefined;
  close: () => void;
  changed: () => void;
}

function GoLive({ deployment, wish, now, close, changed }: GoLiveProps) {
  const { environment, version } = wish;
  const path = `/v1/deployments/${deployment.id}/environments/${environment}`;
  const current = now?.version_number == null ? "no version" : `version ${now.version_number}`;
  const act = async () => {
    if (version) await put(path, { version_id: version.id });
    else await remove(path);
    say(version ? `Version ${version.number} is live in ${environment}` : `Nothing is live in ${environment}`);
    changed();
  };
  const place = environment === "production" ? "Production" : "Staging";
  if (!version) {
    return (
      <Confirm title={`Take ${environment} down?`} button="Take down" danger act={act} close={close}>
        <p>
          {place} points at {current} now. After this its incoming webhooks answer 409 until a version is live again.
          Runs that have started go on.
        </p>
      </Confirm>
    );
  }
  const back = is_roll_back(version, now);
  return (
    <Confirm
      title={back ? `Roll ${environment} back to version ${version.number}?` : `Make version ${version.number} live in ${environment}?`}
      button={back ? "Roll back" : "Make live"}
      act={act}
      close={close}
    >
      <p>
        {place} points at {current} now. From the next request on, runs there use version {version.number}. Runs that
        have started go on as they are.
      </p>
    </Confirm>
  );
}

function RunnerText({ runner, env }: { runner: Runner; env: Record<string, string> }) {
  const variables = Object.keys(env).length;
  const text = runner.type === "command" ? join_command(runner.command) : runner.handler;
  return (
    <span class="runner">
      {runner.type === "builtin" && <span class="muted">built in: </span>}
      <code title={text}>{text}</code>
      {runner.type === "command" && runner.working_dir && <span class="muted"> in {runner.working_dir}</span>}
      {variables > 0 && (
        <span class="muted" title={Object.keys(env).join(", ")}>
          {" "}
          · {count(variables, "variable")}
        </span>
      )}
    </span>
  );
}
