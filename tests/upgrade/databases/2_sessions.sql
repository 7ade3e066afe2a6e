PRAGMA application_id=1668441463;
PRAGMA user_version=2;
BEGIN TRANSACTION;
CREATE TABLE api_keys(
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  key_sha256 BLOB NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO "api_keys" VALUES('key_01m87d1hd9mzr888t0894zr0e2','CREWSHIP_API_KEY',X'A7557324DA0B4C61BCA0C54A9AAD4998D37469FACCC1AA0233CBC6506CB91F1D',1795544892841,1795544892911);
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
INSERT INTO "attempts" VALUES('dlv_01m87d1hp8knhambcn9tesc8ym',1,'att_01m87d1hr8qfspjqanba2smxtj','succeeded',1795544893192,54,200,NULL,'');
INSERT INTO "attempts" VALUES('dlv_01m87d1hp8knhambcn9w905nq9',1,'att_01m87d1hr8qfspjqanbc0sm7eh','failed',1795544893192,54,500,'answered 500','');
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
INSERT INTO "deliveries" VALUES('dlv_01m87d1hp8knhambcn9tesc8ym','owh_01m87d1hj7vabrfjbenc0gr65k','run_01m87d1hmqrm231zvk2sqz6sqf','run.succeeded','succeeded',1,1,1,0,1795544893128,NULL,1795544893251,NULL);
INSERT INTO "deliveries" VALUES('dlv_01m87d1hp8knhambcn9w905nq9','owh_01m87d1hm1hm9a0vyjxnrcajng','run_01m87d1hmqrm231zvk2sqz6sqf','run.succeeded','pending',1,1,1,0,1795544893128,1795563755977,NULL,NULL);
CREATE TABLE delivery_bodies(
  delivery_id TEXT NOT NULL PRIMARY KEY,
  body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "delivery_bodies" VALUES('dlv_01m87d1hp8knhambcn9tesc8ym','{"event":"run.succeeded","timestamp":"2026-11-24T18:28:13.128Z","data":{"run_id":"run_01m87d1hmqrm231zvk2sqz6sqf","deployment_id":"dep_01m87d1hfjz4wjzqj5kc2qav0b","status":"succeeded","output":{"topic":"old"},"started_at":"2026-11-24T18:28:13.091Z","completed_at":"2026-11-24T18:28:13.128Z"}}');
INSERT INTO "delivery_bodies" VALUES('dlv_01m87d1hp8knhambcn9w905nq9','{"event":"run.succeeded","timestamp":"2026-11-24T18:28:13.128Z","data":{"run_id":"run_01m87d1hmqrm231zvk2sqz6sqf","deployment_id":"dep_01m87d1hfjz4wjzqj5kc2qav0b","status":"succeeded","output":{"topic":"old"},"started_at":"2026-11-24T18:28:13.091Z","completed_at":"2026-11-24T18:28:13.128Z"}}');
CREATE TABLE deployments(
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO "deployments" VALUES('dep_01m87d1hfjz4wjzqj5kc2qav0b','old crew',1795544892914,NULL);
CREATE TABLE environments(
  deployment_id TEXT NOT NULL REFERENCES deployments(id),
  environment TEXT NOT NULL,
  version_id TEXT NOT NULL REFERENCES versions(id),
  updated_at INTEGER NOT NULL,
  PRIMARY KEY(deployment_id, environment)
) STRICT, WITHOUT ROWID;
INSERT INTO "environments" VALUES('dep_01m87d1hfjz4wjzqj5kc2qav0b','production','ver_01m87d1hfsakwedzeb8z3cy8cq',1795544892921);
INSERT INTO "environments" VALUES('dep_01m87d1hfjz4wjzqj5kc2qav0b','staging','ver_01m87d1hg183sx3pjbc7fs8sja',1795544892929);
CREATE TABLE idempotency_keys(
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  body_sha256 BLOB NOT NULL,
  run_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY(scope, key)
) STRICT, WITHOUT ROWID;
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
INSERT INTO "incoming_webhooks" VALUES('iwh_01m87d1hh1cg0bqwd3e8g2bkmf','dep_01m87d1hfjz4wjzqj5kc2qav0b','door','staging',1,1795544892961,NULL,X'BB9CFBEFED7F82C54AB7D0E59316D9714FF8BC3C89286089B1BFEDEA2183D9AC',X'011D20A2E04FCDA270CBA34D26AB04115454125FDFC411057B15E6CF55882852391AF37109752A7CE0A4591AD64F520B98E36E064EA39DF08337D9C5FEA79D482682904B1F316CBD');
CREATE TABLE meta(
  name TEXT NOT NULL PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('master_key_check',X'018DD9C958B4C975B1052DFC871AEA26C6A719E7490500B07C9F6167F62231B8FE1B782ECEC2653B2C46AC3C4D5525179B7E898D0E22F26857');
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
INSERT INTO "outgoing_webhooks" VALUES('owh_01m87d1hj7vabrfjbenc0gr65k','dep_01m87d1hfjz4wjzqj5kc2qav0b','good','staging','http://127.0.0.1:33729/','run.succeeded run.failed',1,1795544892999,NULL,X'0159E8C074C2C75643D3A8619E2E1BD92A544067F7AFB322DD399B73916F16E1CC63FBC8836A8C90BFA04A99D09B92A89F9C1537E57BA2966BE2F41848',X'01599FFCFA13BA01305ECBE24A8C6BA88DCAAAD6A1A4510934556E9C3B1EBFA7C09BBF7DB59DB4CBFF7009B4904150781B3C5D310218DBBB73FCE1D74444FBFCA9DDEF03BF65E2BAD66315302F7C86');
INSERT INTO "outgoing_webhooks" VALUES('owh_01m87d1hm1hm9a0vyjxnrcajng','dep_01m87d1hfjz4wjzqj5kc2qav0b','bad','staging','http://127.0.0.1:37517/','run.succeeded run.failed',1,1795544893057,NULL,X'015E36A5901BD6951080EE2D1AACD6C35A31D54C1E906F89552394A41B16EF815B2008DDDB6EDCCA212F59FB5F808235C8A77BC093C22A03F31DC455',X'012E1DB9A5FDFDC2EAC6D4C4781CB3E2BDCADE2E2E6F1EA5D4EE0182819D4DDF4E7316CDB3DBACBCAE5CA908D226AE975C53CEE0B8384B339E6DB5D31BDC6E876CBD20D44DC2D8435468C28D1B7C4C');
CREATE TABLE run_inputs(
  run_id TEXT NOT NULL PRIMARY KEY,
  input TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "run_inputs" VALUES('run_01m87d1hmqrm231zvk2sqz6sqf','{"topic": "old"}');
CREATE TABLE run_log_lines(
  run_id TEXT NOT NULL,
  line INTEGER NOT NULL,
  logged_at INTEGER NOT NULL,
  level TEXT NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY(run_id, line)
) STRICT, WITHOUT ROWID;
INSERT INTO "run_log_lines" VALUES('run_01m87d1hmqrm231zvk2sqz6sqf',1,1795544893127,'info','first line');
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
INSERT INTO "runs" VALUES('run_01m87d1hmqrm231zvk2sqz6sqf','dep_01m87d1hfjz4wjzqj5kc2qav0b','ver_01m87d1hg183sx3pjbc7fs8sja',2,'staging','succeeded','iwh_01m87d1hh1cg0bqwd3e8g2bkmf',1795544893080,1795544893091,1795544893128,NULL,'{"topic": "old"}');
CREATE TABLE schema_migrations(version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT;
INSERT INTO "schema_migrations" VALUES(1,'first_schema',1764000000000);
INSERT INTO "schema_migrations" VALUES(2,'sessions',1764000000000);
CREATE TABLE sessions(
  cookie_sha256 BLOB NOT NULL PRIMARY KEY,
  api_key_id TEXT NOT NULL REFERENCES api_keys(id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
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
INSERT INTO "versions" VALUES('ver_01m87d1hfsakwedzeb8z3cy8cq','dep_01m87d1hfjz4wjzqj5kc2qav0b',1,'builtin',NULL,NULL,'echo',X'01A7F7FC3951F998E983165F6FCA3C0449A018C3CB7021C2A8A9362C52C8C8A1CD4C4D58F8A373B9706E81A0D9CA8A',NULL,1795544892921);
INSERT INTO "versions" VALUES('ver_01m87d1hg183sx3pjbc7fs8sja','dep_01m87d1hfjz4wjzqj5kc2qav0b',2,'command',X'000000027368000000022D63000000186563686F206669727374206C696E65203E26323B20636174','',NULL,NULL,NULL,1795544892929);
CREATE INDEX deployments_kept ON deployments(id) WHERE deleted_at IS NULL;
CREATE INDEX incoming_webhooks_kept ON incoming_webhooks(deployment_id, id) WHERE deleted_at IS NULL;
CREATE INDEX outgoing_webhooks_kept ON outgoing_webhooks(deployment_id, id) WHERE deleted_at IS NULL;
CREATE INDEX runs_open ON runs(id) WHERE completed_at IS NULL;
CREATE INDEX runs_ended ON runs(environment, status, id, completed_at) WHERE completed_at IS NOT NULL;
CREATE INDEX runs_ended_of_deployment ON runs(deployment_id, environment, status, id, completed_at)
  WHERE completed_at IS NOT NULL;
CREATE INDEX runs_by_end ON runs(completed_at) WHERE completed_at IS NOT NULL;
CREATE INDEX idempotency_keys_of_run ON idempotency_keys(run_id);
CREATE INDEX deliveries_waiting ON deliveries(outgoing_webhook_id, is_retry, next_attempt_at)
  WHERE next_attempt_at IS NOT NULL;
CREATE INDEX deliveries_in_flight ON deliveries(id) WHERE status = 'pending' AND next_attempt_at IS NULL;
CREATE INDEX deliveries_of_webhook ON deliveries(outgoing_webhook_id, status, id, created_at);
CREATE INDEX deliveries_pending_of_run ON deliveries(run_id, status) WHERE status = 'pending';
CREATE INDEX deliveries_by_end ON deliveries(completed_at) WHERE completed_at IS NOT NULL;
CREATE INDEX sessions_of_key ON sessions(api_key_id);
CREATE INDEX sessions_by_end ON sessions(expires_at);
COMMIT;
