// What the API answers, as docs/openapi.yaml describes it.

export type Environment = "production" | "staging";
export type RunStatus = "pending" | "running" | "succeeded" | "failed" | "canceled";
export type DeliveryStatus = "pending" | "succeeded" | "failed";
export type AttemptStatus = "in_flight" | "succeeded" | "failed" | "in_doubt";
export type EventName = "run.succeeded" | "run.failed" | "webhook.test";
export type Json = unknown;

export interface Deployment {
  id: string;
  name: string;
  created_at: string;
}

export type Runner =
  | { type: "command"; command: string[]; working_dir?: string }
  | { type: "builtin"; handler: string };

export interface Version {
  id: string;
  deployment_id: string;
  number: number;
  runner: Runner;
  env: Record<string, string>;
  timeout_seconds: number | null;
  created_at: string;
}

export interface EnvironmentPointer {
  environment: Environment;
  version_id: string | null;
  version_number: number | null;
  updated_at: string | null;
}

interface Webhook {
  id: string;
  deployment_id: string;
  name: string;
  environment: Environment;
  enabled: boolean;
  created_at: string;
  last_used_at?: string | null; // in lists, as is `recent`
}

export interface IncomingWebhook extends Webhook {
  url?: string;
  masked_url?: string;
  token?: string;
  recent?: RunStatus[];
}

export interface OutgoingWebhook extends Webhook {
  url: string;
  events: EventName[];
  headers: Record<string, string>;
  secret?: string;
  recent?: DeliveryStatus[];
}

export interface Run {
  id: string;
  deployment_id: string;
  version_id: string;
  version_number: number;
  environment: Environment;
  status: RunStatus;
  input: Json;
  output: Json;
  error_message: string | null;
  incoming_webhook_id: string | null;
  created_at: string;
  started_at: string | null;
  completed_at: string | null;
}

export interface LogLine {
  id: number;
  timestamp: string;
  level: string;
  message: string;
}

export interface Attempt {
  id: string;
  number: number;
  status: AttemptStatus;
  response_status: number | null;
  error: string | null;
  started_at: string;
  duration_ms: number | null;
  response_body: string | null;
  url: string | null;
  request_headers: Record<string, string> | null;
}

export interface Delivery {
  id: string;
  outgoing_webhook_id: string;
  outgoing_webhook_name: string;
  deployment_id: string;
  environment: Environment;
  run_id: string | null;
  event: EventName;
  status: DeliveryStatus;
  error: string | null;
  created_at: string;
  next_attempt_at: string | null;
  completed_at: string | null;
  attempts: Attempt[];
  url: string;
}

export interface WholeDelivery extends Delivery {
  request_body: string;
}

export interface RunRequest {
  received_at: string;
  accepted_at: string;
  started_at: string | null;
  incoming_webhook_id: string | null;
  incoming_webhook_name: string | null;
  request_id: string | null;
}

export interface Trace {
  run: Run;
  request: RunRequest;
  deliveries: Delivery[];
}

export interface ApiKey {
  id: string;
  name: string;
  created_at: string;
  last_used_at: string | null;
  key?: string;
}

export interface Session {
  signed_in: boolean;
  version: string;
}

export interface ServerInfo {
  name: string;
  version: string;
  public_url: string;
  started_at: string;
  limits: Record<string, Json>;
}

export interface RunBucket {
  at: string;
  succeeded: number;
  failed: number;
  canceled: number;
}

export interface DeliveryBucket {
  at: string;
  succeeded: number;
  failed: number;
}

export interface Attention {
  kind: "outgoing_webhook" | "version" | "refusals";
  id: string | null;
  name: string | null;
  deployment_id: string | null;
  environment: Environment | null;
  version_number?: number | null;
  since: string;
  failures: number;
  error: string | null;
}

export interface Overview {
  now: string;
  running: number;
  waiting_callers: number;
  failed_last_hour: number;
  waiting_deliveries: number;
  oldest_waiting_delivery_at: string | null;
  bucket_seconds: number;
  runs: RunBucket[];
  deliveries: DeliveryBucket[];
  attention: Attention[];
}

export type Page<Plural extends string, Row> = Record<Plural, Row[]> & { next_cursor: string | null };
