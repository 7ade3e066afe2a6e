// What surrounds every screen: the rail, the environment, the search and the state of the connection.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { message_of } from "../lib/api";
import { environment_of } from "../lib/environment";
import { keys, start_keyboard } from "../lib/keyboard";
import { connection } from "../lib/live";
import { href, navigate, set_query, usePlace } from "../lib/router";
import { find_by_id } from "../lib/search";
import { sign_out } from "../lib/session";
import { useStore } from "../lib/store";
import { next_theme, theme } from "../lib/theme";
import { Dialog } from "./dialog";
import { Icon, type IconName } from "./icons";
import { Notice, say } from "./notice";

const rooms: { name: string; path: string; icon: IconName }[] = [
  { name: "Overview", path: "/", icon: "overview" },
  { name: "Deployments", path: "/deployments", icon: "deployments" },
  { name: "Runs", path: "/runs", icon: "runs" },
  { name: "Deliveries", path: "/deliveries", icon: "deliveries" },
  { name: "Settings", path: "/settings", icon: "settings" },
];

const connection_words = { open: "Live", connecting: "Connecting", lost: "Connection lost" };

function Rail({ version, path }: { version: string; path: string }) {
  const { state } = useStore(connection);
  return (
    <nav class="rail" aria-label="Main">
      <a class="brand" href={href("/")}>
        <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
          <path d="M16 3v17M16 5l9 12H16M14 8l-7 9h7M4 21h24l-4 7H8z" />
        </svg>
        <span>crewshipd</span>
      </a>
      <ul>
        {rooms.map((room) => {
          const current = room.path === "/" ? path === "/" : path === room.path || path.startsWith(`${room.path}/`);
          return (
            <li key={room.path}>
              <a href={href(room.path)} aria-current={current ? "page" : undefined} title={room.name}>
                <Icon name={room.icon} />
                <span>{room.name}</span>
              </a>
            </li>
          );
        })}
      </ul>
      <div class="rail-foot">
        <div class={`live ${state}`} role="status" title={connection_words[state]}>
          <span class="dot" aria-hidden="true" />
          <span>{connection_words[state]}</span>
        </div>
        <span class="version">{version}</span>
      </div>
    </nav>
  );
}

function EnvironmentSwitch() {
  const { query } = usePlace();
  const current = environment_of(query);
  return (
    <div class="segments" role="group" aria-label="Environment">
      {(["", "production", "staging"] as const).map((value) => (
        <button
          key={value}
          type="button"
          aria-pressed={(current ?? "") === value}
          onClick={() => set_query({ environment: value })}
        >
          {value === "" ? "Both" : value === "production" ? "Production" : "Staging"}
        </button>
      ))}
    </div>
  );
}

function Search({ input }: { input: { current: HTMLInputElement | null } }) {
  const [text, set_text] = useState("");
  const find = async (event: Event) => {
    event.preventDefault();
    if (text.trim() === "") return;
    try {
      const found = await find_by_id(text);
      if (typeof found === "string") return say(found);
      set_text("");
      input.current?.blur();
      navigate(href(found.path, found.query));
    } catch (error) {
      say(message_of(error));
    }
  };
  return (
    <form class="search" role="search" onSubmit={find}>
      <Icon name="search" />
      <input
        ref={input}
        type="text"
        aria-label="Find by id"
        placeholder="Find by id"
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={(event) => set_text(event.currentTarget.value)}
      />
      <kbd aria-hidden="true">/</kbd>
    </form>
  );
}

function LostConnection() {
  const { state, since } = useStore(connection);
  if (state !== "lost") return null;
  const at = new Date(since).toISOString();
  return (
    <div class="lost-banner" role="alert">
      <Icon name="warning" />
      <span>
        Connection lost since <time dateTime={at}>{at.slice(11, 19)} UTC</time>. What you see is from then; it comes back
        by itself.
      </span>
    </div>
  );
}

function ThemeButton() {
  const value = useStore(theme);
  const label = `Theme: ${value}`;
  return (
    <button
      type="button"
      class="quiet icon-only"
      aria-label={label}
      title={label}
      onClick={() => theme.set(next_theme(value))}
    >
      <Icon name={`theme_${value}`} />
    </button>
  );
}

function KeyHelp({ close }: { close: () => void }) {
  return (
    <Dialog title="Keys" close={close}>
      <dl class="keys">
        {keys.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <div class="buttons">
        <button type="button" class="primary" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

export function Frame({ version, children }: { version: string; children: ComponentChildren }) {
  const { path } = usePlace();
  const { state } = useStore(connection);
  const [help, set_help] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => start_keyboard({ search: () => search.current?.focus(), help: () => set_help(true) }), []);
  return (
    <div class="frame">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <Rail version={version} path={path} />
      <header class="top">
        <EnvironmentSwitch />
        <Search input={search} />
        <div class="top-buttons">
          <button
            type="button"
            class="quiet icon-only keys-button"
            aria-label="Keys"
            title="Keys (?)"
            onClick={() => set_help(true)}
          >
            <Icon name="keys" />
          </button>
          <ThemeButton />
          <button
            type="button"
            class="quiet icon-only"
            aria-label="Sign out"
            title="Sign out"
            onClick={() => void sign_out().catch((error) => say(message_of(error)))}
          >
            <Icon name="sign_out" />
          </button>
        </div>
      </header>
      <main id="main" tabIndex={-1} class={state === "lost" ? "stale" : ""}>
        <LostConnection />
        {children}
      </main>
      <Notice />
      {help && <KeyHelp close={() => set_help(false)} />}
    </div>
  );
}
