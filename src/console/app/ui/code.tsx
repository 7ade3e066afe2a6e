// Text to copy: a snippet, a body, a secret.
import { useId, useState } from "preact/hooks";

import type { Snippet } from "../lib/snippets";
import { CopyButton } from "./copy";

export function CodeBlock({ text, what, label }: { text: string; what: string; label?: string }) {
  return (
    <div class="code-block">
      <pre tabIndex={0} aria-label={label ?? what}>
        {text}
      </pre>
      <CopyButton text={text} what={what} />
    </div>
  );
}

export function Snippets({ snippets, label }: { snippets: Snippet[]; label: string }) {
  const [chosen, choose] = useState(0);
  const id = useId();
  const current = snippets[chosen] ?? snippets[0];
  if (!current) return null;
  const move = (event: KeyboardEvent) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const next = (chosen + step + snippets.length) % snippets.length;
    choose(next);
    document.getElementById(`${id}-tab-${next}`)?.focus();
  };
  return (
    <div class="snippets">
      <div role="tablist" aria-label={label} class="small-tabs" onKeyDown={move}>
        {snippets.map((snippet, index) => (
          <button
            type="button"
            role="tab"
            id={`${id}-tab-${index}`}
            aria-selected={index === chosen}
            aria-controls={`${id}-panel`}
            tabIndex={index === chosen ? 0 : -1}
            onClick={() => choose(index)}
          >
            {snippet.name}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-tab-${chosen}`}>
        {current.note && <p class="hint">{current.note}</p>}
        <CodeBlock text={current.text} what="Copy" label={current.name} />
      </div>
    </div>
  );
}
