-- Up Migration

CREATE TABLE tenants (
  id uuid PRIMARY KEY,
  name text NOT NULL UNIQUE,
  webhook_secret text NOT NULL,
  previous_webhook_secret text,
  previous_secret_expires_at timestamptz,
  created_at timestamptz NOT NULL
);

-- Only the SHA-256 of a key is kept.
CREATE TABLE api_keys (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants,
  name text NOT NULL,
  hash bytea NOT NULL UNIQUE,
  created_at timestamptz NOT NULL,
  revoked_at timestamptz
);

-- The hot row of a job; see packages/store/jobs.ts for its states. Partitioned
-- by day of the id (a UUIDv7), as every table here that grows with traffic.
CREATE TABLE jobs (
  id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  status text NOT NULL CHECK (status IN
    ('pending', 'queued', 'running', 'succeeded', 'failed', 'cancelled', 'expired')),
  -- 0 held here, 1 out (published or claimed), 2 ended. The queue's indexes know this and not
  -- the status, so that a claim and the renewals of its lease touch no index (HOT updates).
  phase smallint NOT NULL GENERATED ALWAYS AS (CASE
    WHEN status = 'pending' THEN 0 WHEN status IN ('queued', 'running') THEN 1 ELSE 2 END) STORED,
  endpoint text NOT NULL,
  lane text NOT NULL,
  policy text,
  requested_model text,
  model text,
  metadata jsonb,
  -- The third part of the key that work waits and is released by; '' until a model is known.
  dispatch_model text NOT NULL,
  due_at timestamptz NOT NULL,
  not_before timestamptz,
  deadline timestamptz,
  created_at timestamptz NOT NULL,
  queued_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  fence integer NOT NULL DEFAULT 0,
  dispatches integer NOT NULL DEFAULT 0,
  failures integer NOT NULL DEFAULT 0,
  losses integer NOT NULL DEFAULT 0,
  hints json,
  lease_owner text,
  lease_expires_at timestamptz,
  webhook_url text,
  webhook_events text[],
  traceparent text,
  body_bytes integer NOT NULL,
  error json,
  usage json,
  cost_usd double precision,
  PRIMARY KEY (id)
) PARTITION BY RANGE (id);

CREATE INDEX jobs_by_tenant ON jobs (tenant_id, id);
CREATE INDEX jobs_held ON jobs (lane, tenant_id, dispatch_model, due_at) WHERE phase = 0;
CREATE INDEX jobs_out ON jobs (lane, tenant_id, dispatch_model, queued_at) WHERE phase = 1;
CREATE INDEX jobs_deadline ON jobs (deadline) WHERE deadline IS NOT NULL AND phase < 2;

-- JSON text as it came, never interpreted here.
CREATE TABLE job_bodies (
  job_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('request', 'response')),
  body text NOT NULL,
  PRIMARY KEY (job_id, kind)
) PARTITION BY RANGE (job_id);

CREATE TABLE attempts (
  job_id uuid NOT NULL,
  number integer NOT NULL,
  model text NOT NULL,
  deployment text NOT NULL,
  outcome text NOT NULL,
  http_status integer,
  error text,
  started_at timestamptz NOT NULL,
  finished_at timestamptz NOT NULL,
  usage json,
  cost_usd double precision,
  PRIMARY KEY (job_id, number)
) PARTITION BY RANGE (job_id);

CREATE TABLE decisions (
  job_id uuid NOT NULL,
  number integer NOT NULL,
  model text,
  record json NOT NULL,
  PRIMARY KEY (job_id, number)
) PARTITION BY RANGE (job_id);

-- The outbox: written with the transition that it tells of. `due_at` is null once settled.
CREATE TABLE webhook_events (
  id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  job_id uuid NOT NULL,
  type text NOT NULL,
  url text NOT NULL,
  created_at timestamptz NOT NULL,
  due_at timestamptz,
  attempts integer NOT NULL DEFAULT 0,
  delivered_at timestamptz,
  failed_at timestamptz,
  last_status integer,
  last_error text,
  PRIMARY KEY (id)
) PARTITION BY RANGE (id);

CREATE INDEX webhook_events_due ON webhook_events (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_events_by_job ON webhook_events (job_id);

-- What a receiver has done lately: who only fails is left alone after five days.
CREATE TABLE webhook_receivers (
  tenant_id uuid NOT NULL,
  url text NOT NULL,
  failing_since timestamptz,
  throttled_until timestamptz,
  disabled_at timestamptz,
  disabled_reason text,
  PRIMARY KEY (tenant_id, url)
);

CREATE TABLE idempotency_keys (
  tenant_id uuid NOT NULL,
  key text NOT NULL,
  body_hash text NOT NULL,
  job_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- RFC 9562, section 5.7. For events, which are born inside statements.
CREATE FUNCTION uuid_v7(epoch_ms bigint) RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT encode(
    set_bit(set_bit(
      overlay(uuid_send(gen_random_uuid()) PLACING substring(int8send(epoch_ms) FROM 3) FROM 1 FOR 6),
      52, 1), 53, 1),
    'hex')::uuid
$$;

-- Down Migration

DROP FUNCTION uuid_v7;
DROP TABLE idempotency_keys, webhook_receivers, webhook_events, decisions, attempts, job_bodies, jobs, api_keys, tenants;
