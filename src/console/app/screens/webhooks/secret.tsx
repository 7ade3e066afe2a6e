import { verify_snippets } from "../../lib/snippets";
import { CodeBlock, Snippets } from "../../ui/code";
import { Icon } from "../../ui/icons";

// A signing secret that was just made, with what to do with it.
export function NewSecret({ secret, close }: { secret: string; close: () => void }) {
  return (
    <>
      <p class="warning-line">
        <Icon name="warning" /> The signing secret is shown this once. Save it where your receiver finds it.
      </p>
      <CodeBlock text={secret} what="Copy secret" />
      <h3>Verify what comes</h3>
      <Snippets snippets={verify_snippets} label="How to verify" />
      <div class="buttons">
        <button type="button" class="primary" onClick={close}>
          I have saved it
        </button>
      </div>
    </>
  );
}
