// One delivery: what was sent, and each attempt with what came back.
import { post } from "../lib/api";
import { mentions } from "../lib/changes";
import { bytes, duration, exact_time } from "../lib/format";
import { json_text, parse_json } from "../lib/json";
import { useAction, useQuery } from "../lib/query";
import { attempts_allowed } from "../lib/retries";
import { href } from "../lib/router";
import type { Attempt, ServerInfo, WholeDelivery } from "../lib/types";
import { CopyButton, Id } from "../ui/copy";
import { FormError } from "../ui/form";
import { Icon } from "../ui/icons";
import { ErrorState, Skeleton } from "../ui/list";
import { say } from "../ui/notice";
import { HttpCode, StatusMark } from "../ui/status";
import { Ago, Countdown } from "../ui/time";

export function DeliveryScreen({ id }: { id: string }) {
  return (
    <>
      <div class="crumbs">
        <a href={href("/deliveries")}>Deliveries</a>
      </div>
      <div class="screen-head">
        <h1>Delivery</h1>
        <Id id={id} copy />
      </div>
      <DeliveryDetail id={id} />
    </>
  );
}

export function DeliveryDetail({ id }: { id: string }) {
  const delivery = useQuery<WholeDelivery>(`/v1/deliveries/${id}`, mentions(id));
  const server = useQuery<ServerInfo>("/v1/server");
  const redeliver = useAction(async () => {
    await post(`/v1/deliveries/${id}/redeliver`);
    say("It is sent again");
    delivery.reload();
  });
  if (!delivery.data) {
    return delivery.error ? <ErrorState error={delivery.error} retry={delivery.reload} /> : <Skeleton rows={4} />;
  }
  const { status, event, run_id, attempts, next_attempt_at, created_at, completed_at, request_body } = delivery.data;
  const { deployment_id, outgoing_webhook_id, outgoing_webhook_name, url, error } = delivery.data;
  const allowed = attempts_allowed(server.data);
  return (
    <div class="detail delivery">
      <div class="detail-head">
        <StatusMark status={status} />
        <span>{event}</span>
        <span>
          to{" "}
          <a href={href(`/deployments/${deployment_id}/webhooks`, { open: outgoing_webhook_id })}>
            {outgoing_webhook_name}
          </a>
        </span>
        {run_id && (
          <span>
            of run{" "}
            <a href={href(`/runs/${run_id}`)}>
              <Id id={run_id} />
            </a>
          </span>
        )}
        <span class="muted">
          made <Ago at={created_at} />
          {completed_at && (
            <>
              , ended <Ago at={completed_at} />
            </>
          )}
        </span>
        <div class="spacer" />
        <button type="button" disabled={redeliver.pending} onClick={() => void redeliver.run()}>
          <Icon name="again" /> Redeliver
        </button>
      </div>
      <FormError error={redeliver.error} />
      <dl class="facts">
        <div>
          <dt>Delivery</dt>
          <dd>
            <Id id={id} copy />
          </dd>
        </div>
        <div>
          <dt>URL</dt>
          <dd>
            <code class="break">{url}</code>
          </dd>
        </div>
        {status === "failed" && error && (
          <div>
            <dt>Given up</dt>
            <dd class="bad">{error}</dd>
          </div>
        )}
      </dl>
      {attempts.length === 0 && <p class="muted">No attempt yet.</p>}
      {attempts.map((attempt) => (
        <AttemptView
          key={attempt.id}
          attempt={attempt}
          allowed={allowed}
          body={request_body}
          open={attempt === attempts.at(-1)}
        />
      ))}
      {next_attempt_at && status === "pending" && (
        <p class="next-attempt">
          Next attempt <Countdown at={next_attempt_at} />
        </p>
      )}
    </div>
  );
}

interface AttemptProps {
  attempt: Attempt;
  allowed: number | null;
  body: string;
  open: boolean;
}

function AttemptView({ attempt, allowed, body, open }: AttemptProps) {
  const headers = Object.entries(attempt.request_headers ?? {});
  const of = allowed !== null && attempt.number <= allowed ? ` of ${allowed}` : "";
  return (
    <details class="attempt" open={open}>
      <summary>
        <Icon name="right" />
        <span class="strong">
          Attempt {attempt.number}
          {of && <span class="wide">{of}</span>}
        </span>
        <StatusMark status={attempt.status} />
        {attempt.error ? <span class="bad ellipsis">{attempt.error}</span> : <HttpCode code={attempt.response_status} />}
        <span class="spacer" />
        {attempt.duration_ms !== null && <span class="number muted">{duration(attempt.duration_ms)}</span>}
        <time class="number muted wide" dateTime={attempt.started_at}>
          {exact_time(attempt.started_at)}
        </time>
      </summary>
      <div class="exchange">
        <section aria-label="Request">
          <div class="section-head">
            <h3>Request</h3>
            <CopyButton text={body} what="Copy request body" small />
          </div>
          {attempt.url && <code class="break">POST {attempt.url}</code>}
          {headers.length > 0 && (
            <dl class="headers">
              {headers.map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
            </dl>
          )}
          <pre class="body" tabIndex={0} aria-label="Request body">
            {pretty(body)}
          </pre>
        </section>
        <section aria-label="Answer">
          <div class="section-head">
            <h3>Answer</h3>
            {attempt.response_body && <CopyButton text={attempt.response_body} what="Copy answer" small />}
          </div>
          <p>
            {attempt.response_status !== null ? (
              <>
                Status <HttpCode code={attempt.response_status} />
              </>
            ) : attempt.status === "in_flight" ? (
              "On its way"
            ) : (
              "None came"
            )}
          </p>
          {attempt.response_body ? (
            <pre class="body" tabIndex={0} aria-label="Answer body">
              {attempt.response_body}
            </pre>
          ) : (
            attempt.response_status !== null && <p class="muted">The answer had no body.</p>
          )}
        </section>
      </div>
    </details>
  );
}

// Indented for reading; what is sent has no white space. A long one is shown as it is.
function pretty(body: string): string {
  if (body.length > 100_000) return `${body.slice(0, 100_000)}… (${bytes(body.length)})`;
  try {
    return json_text(parse_json(body));
  } catch {
    return body;
  }
}
