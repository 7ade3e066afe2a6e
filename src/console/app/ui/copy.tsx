import { useEffect, useState } from "preact/hooks";

import { message_of } from "../lib/api";
import { short_id } from "../lib/format";
import { Icon } from "./icons";
import { say } from "./notice";

// Where the page did not come over https or from localhost there is no navigator.clipboard.
async function write_clipboard(text: string): Promise<void> {
  if (window.isSecureContext) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  const place = document.querySelector("dialog[open]") ?? document.body;
  place.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (!copied) throw new Error("The browser does not let the page copy.");
}

interface CopyProps {
  text: string | (() => Promise<string>);
  what: string; // "Copy URL"
  small?: boolean;
}

export function CopyButton({ text, what, small = false }: CopyProps) {
  const [copied, set_copied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => set_copied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async (event: MouseEvent) => {
    event.stopPropagation();
    try {
      await write_clipboard(typeof text === "string" ? text : await text());
      set_copied(true);
      say("Copied");
    } catch (error) {
      say(`Not copied: ${message_of(error)}`);
    }
  };
  return (
    <button type="button" class={small ? "quiet icon-only" : "quiet"} aria-label={what} title={what} onClick={copy}>
      <Icon name={copied ? "check" : "copy"} />
      {!small && <span>{copied ? "Copied" : what}</span>}
    </button>
  );
}

export function Id({ id, copy = false }: { id: string; copy?: boolean }) {
  return (
    <span class="id-with-copy">
      <code class="id" title={id}>
        {short_id(id)}
      </code>
      {copy && <CopyButton text={id} what={`Copy ${id}`} small />}
    </span>
  );
}
