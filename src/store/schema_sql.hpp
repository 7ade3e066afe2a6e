// The SQL of the migrations, and what the tables mean.
//
// Times are milliseconds since 1970 (UTC). Rows whose key is a text id live in the key's own tree (WITHOUT ROWID) where
// there are few or they are small; those that are many and large have rowids. Indexes that only some rows need are
// partial, so that a row on its way costs no entry there; where they end with the column of their condition, it spares
// queries a look at the row itself. Foreign keys say what refers to what; they are checked as a whole (PRAGMA
// foreign_key_check, after each crash and upgrade of the tests), not at each write.
#pragma once

namespace crewship {

inline constexpr const char* first_schema_sql = R"sql(
CREATE TABLE meta(
  name TEXT NOT NULL PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys(
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  key_sha256 BLOB NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE deployments(
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX deployments_kept ON deployments(id) WHERE deleted_at IS NULL;

-- runner is 'command' (command: packed list, working_dir) or 'builtin' (handler). env is a packed list, sealed.
CREATE TABLE versions(
  id TEXT NOT NULL PRIMARY KEY,
  deployment_id TEXT NOT NULL REFERENCES deployments(id),
  number INTEGER NOT NULL,
  runner TEXT NOT NULL,
  command BLOB,
  working_dir TEXT,
  handler TEXT,
  env_sealed BLOB,
  time_limit_seconds INTEGER,
  created_at INTEGER NOT NULL,
  UNIQUE(deployment_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE environments(
  deployment_id TEXT NOT NULL REFERENCES deployments(id),
  environment TEXT NOT NULL,
  version_id TEXT NOT NULL REFERENCES versions(id),
  updated_at INTEGER NOT NULL,
  PRIMARY KEY(deployment_id, environment)
) STRICT, WITHOUT ROWID;

-- A deleted webhook keeps its row, for what refers to it, but no secret.
CREATE TABLE incoming_webhooks(
  id TEXT NOT NULL PRIMARY KEY,
  deployment_id TEXT NOT NULL REFERENCES deployments(id),
  name TEXT NOT NULL,
  environment TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER,
  token_sha256 BLOB UNIQUE,
  token_sealed BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX incoming_webhooks_kept ON incoming_webhooks(deployment_id, id) WHERE deleted_at IS NULL;

-- events: names separated by spaces. headers are a packed list, sealed.
CREATE TABLE outgoing_webhooks(
  id TEXT NOT NULL PRIMARY KEY,
  deployment_id TEXT NOT NULL REFERENCES deployments(id),
  name TEXT NOT NULL,
  environment TEXT NOT NULL,
  url TEXT NOT NULL,
  events TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER,
  headers_sealed BLOB,
  secret_sealed BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX outgoing_webhooks_kept ON outgoing_webhooks(deployment_id, id) WHERE deleted_at IS NULL;

-- The output stands last and is written once, at the end, so that status changes do not copy it.
CREATE TABLE runs(
  id TEXT NOT NULL PRIMARY KEY,
  deployment_id TEXT NOT NULL REFERENCES deployments(id),
  version_id TEXT NOT NULL REFERENCES versions(id),
  version_number INTEGER NOT NULL,
  environment TEXT NOT NULL,
  status TEXT NOT NULL,
  incoming_webhook_id TEXT REFERENCES incoming_webhooks(id),
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  completed_at INTEGER,
  error_message TEXT,
  output TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX runs_open ON runs(id) WHERE completed_at IS NULL;
CREATE INDEX runs_ended ON runs(environment, status, id, completed_at) WHERE completed_at IS NOT NULL;
CREATE INDEX runs_ended_of_deployment ON runs(deployment_id, environment, status, id, completed_at)
  WHERE completed_at IS NOT NULL;
CREATE INDEX runs_by_end ON runs(completed_at) WHERE completed_at IS NOT NULL;

-- No row: the input is {}.
CREATE TABLE run_inputs(
  run_id TEXT NOT NULL PRIMARY KEY,
  input TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE run_log_lines(
  run_id TEXT NOT NULL,
  line INTEGER NOT NULL,
  logged_at INTEGER NOT NULL,
  level TEXT NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY(run_id, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency_keys(
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  body_sha256 BLOB NOT NULL,
  run_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY(scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_of_run ON idempotency_keys(run_id);

-- A pending delivery waits (next_attempt_at says until when) or is in flight (no next_attempt_at).
-- is_retry: an attempt was made before. redelivery_requested: asked for again while in flight.
CREATE TABLE deliveries(
  id TEXT NOT NULL PRIMARY KEY,
  outgoing_webhook_id TEXT NOT NULL REFERENCES outgoing_webhooks(id),
  run_id TEXT,
  event TEXT NOT NULL,
  status TEXT NOT NULL,
  retry_step INTEGER NOT NULL,
  is_retry INTEGER NOT NULL,
  attempt_count INTEGER NOT NULL,
  redelivery_requested INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  next_attempt_at INTEGER,
  completed_at INTEGER,
  error TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_waiting ON deliveries(outgoing_webhook_id, is_retry, next_attempt_at)
  WHERE next_attempt_at IS NOT NULL;
CREATE INDEX deliveries_in_flight ON deliveries(id) WHERE status = 'pending' AND next_attempt_at IS NULL;
CREATE INDEX deliveries_of_webhook ON deliveries(outgoing_webhook_id, status, id, created_at);
CREATE INDEX deliveries_pending_of_run ON deliveries(run_id, status) WHERE status = 'pending';
CREATE INDEX deliveries_by_end ON deliveries(completed_at) WHERE completed_at IS NOT NULL;

CREATE TABLE delivery_bodies(
  delivery_id TEXT NOT NULL PRIMARY KEY,
  body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE attempts(
  delivery_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  id TEXT NOT NULL,
  status TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  duration_ms INTEGER,
  response_status INTEGER,
  error TEXT,
  response_body TEXT,
  PRIMARY KEY(delivery_id, number)
) STRICT, WITHOUT ROWID;
)sql";

// The console: who is signed in.
inline constexpr const char* sessions_sql = R"sql(
CREATE TABLE sessions(
  cookie_sha256 BLOB NOT NULL PRIMARY KEY,
  api_key_id TEXT NOT NULL REFERENCES api_keys(id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_of_key ON sessions(api_key_id);
CREATE INDEX sessions_by_end ON sessions(expires_at);
)sql";

// A run's log lines and its program's events share one sequence of numbers, in which 1 is the run's start.
inline constexpr const char* run_events_sql = R"sql(
UPDATE run_log_lines SET line = -line - 1;
UPDATE run_log_lines SET line = -line;

-- data is JSON text without line breaks.
CREATE TABLE run_events(
  run_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  occurred_at INTEGER NOT NULL,
  type TEXT NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY(run_id, number)
) STRICT, WITHOUT ROWID;
)sql";

// What one trace of a run and lists of all deliveries need. attempts.request_headers is a packed list.
inline constexpr const char* traces_sql = R"sql(
ALTER TABLE runs ADD COLUMN received_at INTEGER;
ALTER TABLE runs ADD COLUMN request_id TEXT;
CREATE INDEX runs_of_webhook ON runs(incoming_webhook_id, id) WHERE incoming_webhook_id IS NOT NULL;
ALTER TABLE attempts ADD COLUMN url TEXT;
ALTER TABLE attempts ADD COLUMN request_headers BLOB;
CREATE INDEX deliveries_of_run ON deliveries(run_id, id) WHERE run_id IS NOT NULL;
CREATE INDEX outgoing_webhooks_of_deployment ON outgoing_webhooks(deployment_id, environment);
)sql";

// What happened, by minute (of time since 1970), and what fails at the moment: a row is there as long as it does. Both
// are kept by the transactions in which runs and attempts end, so that an overview never counts.
inline constexpr const char* activity_sql = R"sql(
CREATE TABLE run_minutes(
  minute INTEGER NOT NULL,
  environment TEXT NOT NULL,
  succeeded INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  canceled INTEGER NOT NULL,
  PRIMARY KEY(minute, environment)
) STRICT, WITHOUT ROWID;
INSERT INTO run_minutes
  SELECT completed_at / 60000, environment, sum(status = 'succeeded'), sum(status = 'failed'), sum(status = 'canceled')
  FROM runs WHERE completed_at IS NOT NULL GROUP BY 1, 2;

CREATE TABLE delivery_minutes(
  minute INTEGER NOT NULL,
  environment TEXT NOT NULL,
  succeeded INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  PRIMARY KEY(minute, environment)
) STRICT, WITHOUT ROWID;
INSERT INTO delivery_minutes
  SELECT d.completed_at / 60000, w.environment, sum(d.status = 'succeeded'), sum(d.status = 'failed')
  FROM deliveries d JOIN outgoing_webhooks w ON w.id = d.outgoing_webhook_id
  WHERE d.completed_at IS NOT NULL GROUP BY 1, 2;

-- failures: attempts that failed since one succeeded.
CREATE TABLE failing_webhooks(
  outgoing_webhook_id TEXT NOT NULL PRIMARY KEY,
  since INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  error TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- failures: runs that failed since one succeeded.
CREATE TABLE failing_versions(
  version_id TEXT NOT NULL,
  environment TEXT NOT NULL,
  since INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  error TEXT NOT NULL,
  PRIMARY KEY(version_id, environment)
) STRICT, WITHOUT ROWID;
)sql";

inline constexpr const char* version_limits_sql = R"sql(
ALTER TABLE versions ADD COLUMN memory_limit_bytes INTEGER;
ALTER TABLE versions ADD COLUMN cpu_limit_seconds INTEGER;
ALTER TABLE versions ADD COLUMN open_files_limit INTEGER;
ALTER TABLE versions ADD COLUMN processes_limit INTEGER;
)sql";

// The traceparent that a run's caller sent. A delivery has its run's, because it goes out long after the run was read.
inline constexpr const char* trace_context_sql = R"sql(
ALTER TABLE runs ADD COLUMN received_traceparent TEXT;
ALTER TABLE deliveries ADD COLUMN received_traceparent TEXT;
)sql";

// A delivery waits or is in flight in a small table, so that a claim takes a row from one and puts one into the other;
// the delivery's own row is written at its beginning and at each attempt's end. While it is in flight, its
// next_attempt_at is when it was due.
//
// An attempt is written to its place once, at its end. Its row is too large for a tree without rowids, whose inner
// pages hold rows as well: with four to a page, the way to where one belongs was ten pages long
// (https://www.sqlite.org/withoutrowid.html#when_to_use_without_rowid).
inline constexpr const char* delivery_queue_sql = R"sql(
-- is_retry: an attempt was made before.
CREATE TABLE waiting_deliveries(
  outgoing_webhook_id TEXT NOT NULL,
  is_retry INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  delivery_id TEXT NOT NULL,
  PRIMARY KEY(outgoing_webhook_id, is_retry, due_at, delivery_id)
) STRICT, WITHOUT ROWID;
INSERT INTO waiting_deliveries
  SELECT outgoing_webhook_id, is_retry, next_attempt_at, id
  FROM deliveries INDEXED BY deliveries_waiting WHERE next_attempt_at IS NOT NULL ORDER BY 1, 2, 3;

CREATE TABLE attempts_in_flight(
  delivery_id TEXT NOT NULL PRIMARY KEY,
  number INTEGER NOT NULL,
  id TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  url TEXT
) STRICT, WITHOUT ROWID;
INSERT INTO attempts_in_flight
  SELECT a.delivery_id, a.number, a.id, a.started_at, a.url
  FROM deliveries d INDEXED BY deliveries_in_flight JOIN attempts a ON a.delivery_id = d.id AND a.number = d.attempt_count
  WHERE d.status = 'pending' AND d.next_attempt_at IS NULL;
DROP INDEX deliveries_waiting;
DROP INDEX deliveries_in_flight;
DROP INDEX deliveries_pending_of_run;
ALTER TABLE deliveries DROP COLUMN is_retry;

ALTER TABLE attempts RENAME TO attempts_before;
CREATE TABLE attempts(
  delivery_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  id TEXT NOT NULL,
  status TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  duration_ms INTEGER,
  response_status INTEGER,
  error TEXT,
  response_body TEXT,
  url TEXT,
  request_headers BLOB,
  PRIMARY KEY(delivery_id, number)
) STRICT;
INSERT INTO attempts
  SELECT delivery_id, number, id, status, started_at, duration_ms, response_status, error, response_body, url,
    request_headers
  FROM attempts_before WHERE status <> 'in_flight';
DROP TABLE attempts_before;
)sql";

// Runs and the bodies of deliveries have rowids: a row is put at the end of the table without a look at its neighbours.
// The number of a run grows as its id does, and the indexes of runs, which end with the number of a few bytes instead
// of the id, take half as much. A short input stands in the run's row; a long one does not, as each change of status
// would copy it.
inline constexpr const char* rowids_sql = R"sql(
ALTER TABLE runs RENAME TO runs_before;
ALTER TABLE run_inputs RENAME TO run_inputs_before;

-- The output stands last and is written once, at the end. No input: it is {}, or long and in run_inputs.
CREATE TABLE runs(
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  deployment_id TEXT NOT NULL REFERENCES deployments(id),
  version_id TEXT NOT NULL REFERENCES versions(id),
  version_number INTEGER NOT NULL,
  environment TEXT NOT NULL,
  status TEXT NOT NULL,
  incoming_webhook_id TEXT REFERENCES incoming_webhooks(id),
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  completed_at INTEGER,
  received_at INTEGER,
  request_id TEXT,
  received_traceparent TEXT,
  input TEXT,
  error_message TEXT,
  output TEXT
) STRICT;
CREATE TABLE run_inputs(
  run_number INTEGER PRIMARY KEY,
  input TEXT NOT NULL
) STRICT;

INSERT INTO runs(id, deployment_id, version_id, version_number, environment, status, incoming_webhook_id, created_at,
    started_at, completed_at, received_at, request_id, received_traceparent, input, error_message, output)
  SELECT id, deployment_id, version_id, version_number, environment, status, incoming_webhook_id, created_at,
    started_at, completed_at, received_at, request_id, received_traceparent,
    (SELECT input FROM run_inputs_before WHERE run_id = id AND length(CAST(input AS BLOB)) <= 1024),
    error_message, output
  FROM runs_before ORDER BY id;
INSERT INTO run_inputs
  SELECT r.number, i.input FROM run_inputs_before i JOIN runs r ON r.id = i.run_id
  WHERE length(CAST(i.input AS BLOB)) > 1024 ORDER BY r.number;
DROP TABLE run_inputs_before;
DROP TABLE runs_before;

CREATE INDEX runs_open ON runs(number) WHERE completed_at IS NULL;
CREATE INDEX runs_ended ON runs(environment, status) WHERE completed_at IS NOT NULL;
CREATE INDEX runs_ended_of_deployment ON runs(deployment_id, environment, status) WHERE completed_at IS NOT NULL;
CREATE INDEX runs_by_end ON runs(completed_at) WHERE completed_at IS NOT NULL;
CREATE INDEX runs_of_webhook ON runs(incoming_webhook_id) WHERE incoming_webhook_id IS NOT NULL;

ALTER TABLE delivery_bodies RENAME TO delivery_bodies_before;
CREATE TABLE delivery_bodies(
  delivery_id TEXT NOT NULL PRIMARY KEY,
  body TEXT NOT NULL
) STRICT;
INSERT INTO delivery_bodies SELECT delivery_id, body FROM delivery_bodies_before ORDER BY delivery_id;
DROP TABLE delivery_bodies_before;
)sql";

// An index of runs has a number in place of the names that a list goes by: a fifth less on the disk for a run, and a
// twentieth less of the instructions it takes.
inline constexpr const char* run_lists_sql = R"sql(
-- The runs of an incoming webhook, and those that ended in an environment with a status, of a deployment and of all.
-- What a list does not go by is ''.
CREATE TABLE run_lists(
  number INTEGER PRIMARY KEY,
  owner_id TEXT NOT NULL,
  environment TEXT NOT NULL,
  status TEXT NOT NULL,
  UNIQUE(owner_id, environment, status)
) STRICT;
INSERT INTO run_lists(owner_id, environment, status)
  SELECT DISTINCT incoming_webhook_id, '', '' FROM runs WHERE incoming_webhook_id IS NOT NULL
  UNION ALL SELECT DISTINCT '', environment, status FROM runs WHERE completed_at IS NOT NULL
  UNION ALL SELECT DISTINCT deployment_id, environment, status FROM runs WHERE completed_at IS NOT NULL;

ALTER TABLE runs RENAME TO runs_before;
-- A run is in the lists of ended runs once it has ended. The output stands last and is written once, at the end. No
-- input: it is {}, or long and in run_inputs.
CREATE TABLE runs(
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  deployment_id TEXT NOT NULL REFERENCES deployments(id),
  version_id TEXT NOT NULL REFERENCES versions(id),
  version_number INTEGER NOT NULL,
  environment TEXT NOT NULL,
  status TEXT NOT NULL,
  incoming_webhook_id TEXT REFERENCES incoming_webhooks(id),
  webhook_list INTEGER REFERENCES run_lists(number),
  ended_list INTEGER REFERENCES run_lists(number),
  ended_of_deployment_list INTEGER REFERENCES run_lists(number),
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  completed_at INTEGER,
  received_at INTEGER,
  request_id TEXT,
  received_traceparent TEXT,
  input TEXT,
  error_message TEXT,
  output TEXT
) STRICT;
INSERT INTO runs
  SELECT number, id, deployment_id, version_id, version_number, environment, status, incoming_webhook_id,
    (SELECT l.number FROM run_lists l
      WHERE l.owner_id = r.incoming_webhook_id AND l.environment = '' AND l.status = ''),
    (SELECT l.number FROM run_lists l
      WHERE l.owner_id = '' AND l.environment = r.environment AND l.status = r.status),
    (SELECT l.number FROM run_lists l
      WHERE l.owner_id = r.deployment_id AND l.environment = r.environment AND l.status = r.status),
    created_at, started_at, completed_at, received_at, request_id, received_traceparent, input, error_message, output
  FROM runs_before r ORDER BY number;
DROP TABLE runs_before;

CREATE INDEX runs_open ON runs(number) WHERE completed_at IS NULL;
CREATE INDEX runs_ended ON runs(ended_list) WHERE ended_list IS NOT NULL;
CREATE INDEX runs_ended_of_deployment ON runs(ended_of_deployment_list) WHERE ended_of_deployment_list IS NOT NULL;
CREATE INDEX runs_by_end ON runs(completed_at) WHERE completed_at IS NOT NULL;
CREATE INDEX runs_of_webhook ON runs(webhook_list) WHERE webhook_list IS NOT NULL;
)sql";

}  // namespace crewship
