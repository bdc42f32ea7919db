-- Up Migration

-- `uploading`: its content is being written, and nobody sees it. `deleted`: nobody sees it any
-- more, and its content is being removed. Both are swept when whoever did it died.
CREATE TABLE files (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  status text NOT NULL CHECK (status IN ('uploading', 'processed', 'deleted')),
  filename text NOT NULL,
  purpose text NOT NULL,
  bytes bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  -- When it came to be what it is, unless that is `processed`.
  touched_at timestamptz NOT NULL,
  expires_at timestamptz
);
CREATE INDEX files_by_tenant ON files (tenant_id, id) WHERE status = 'processed';
CREATE INDEX files_expiry ON files (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX files_unsettled ON files (touched_at) WHERE status <> 'processed';

-- Where no object store is configured: the content of files, in pieces of one size.
CREATE TABLE blob_chunks (
  blob uuid NOT NULL,
  number integer NOT NULL,
  content bytea NOT NULL,
  PRIMARY KEY (blob, number)
);
-- Kept as it is: compressing costs more than the room that it saves.
ALTER TABLE blob_chunks ALTER COLUMN content SET STORAGE EXTERNAL;

-- The life of a batch is told above the class in packages/store/batches.ts.
CREATE TABLE batches (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  status text NOT NULL CHECK (status IN ('validating', 'failed', 'in_progress', 'finalizing',
    'completed', 'expired', 'cancelling', 'cancelled')),
  endpoint text NOT NULL,
  input_file_id uuid NOT NULL,
  completion_window text NOT NULL,
  metadata jsonb,
  output_expires_seconds integer,
  priority smallint NOT NULL,
  paused boolean NOT NULL DEFAULT false,
  retry_of uuid,
  webhook_url text,
  webhook_events text[],
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  in_progress_at timestamptz,
  finalizing_at timestamptz,
  completed_at timestamptz,
  failed_at timestamptz,
  expired_at timestamptz,
  cancelling_at timestamptz,
  cancelled_at timestamptz,
  -- Of its file, once it is validated.
  total integer,
  estimated_cost_usd double precision,
  faults json,
  -- How far lines have become jobs: the last line, and the byte behind it.
  recorded_lines integer NOT NULL DEFAULT 0,
  recorded_bytes bigint NOT NULL DEFAULT 0,
  -- Lines that ended lately, per second, and when that was measured.
  line_rate double precision NOT NULL DEFAULT 0,
  rated_lines integer NOT NULL DEFAULT 0,
  rated_at timestamptz,
  output_file_id uuid,
  error_file_id uuid,
  lease_owner text,
  lease_expires_at timestamptz
);
CREATE INDEX batches_by_tenant ON batches (tenant_id, id);
CREATE INDEX batches_open ON batches (id)
  WHERE status IN ('validating', 'in_progress', 'finalizing', 'cancelling');

-- The same request again is the same batch.
CREATE TABLE batch_keys (
  tenant_id uuid NOT NULL,
  key text NOT NULL,
  body_hash text NOT NULL,
  batch_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, key)
);
CREATE INDEX batch_keys_by_age ON batch_keys (created_at);

-- The lines of a batch that became jobs.
CREATE TABLE batch_lines (
  batch_id uuid NOT NULL,
  line integer NOT NULL,
  custom_id text NOT NULL,
  job_id uuid NOT NULL,
  PRIMARY KEY (batch_id, line)
) PARTITION BY RANGE (batch_id);

-- What ended in each batch, by model. Whoever ends jobs adds a row, so that nobody waits for
-- anybody; the dispatcher adds them up from time to time. The sum is exact at every moment.
CREATE TABLE batch_counts (
  batch_id uuid NOT NULL,
  model text NOT NULL,
  succeeded integer NOT NULL,
  failed integer NOT NULL,
  cancelled integer NOT NULL,
  expired integer NOT NULL,
  input_tokens bigint NOT NULL,
  cached_input_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  reasoning_tokens bigint NOT NULL,
  total_tokens bigint NOT NULL,
  cost_usd double precision NOT NULL
);
CREATE INDEX batch_counts_by_batch ON batch_counts (batch_id);

-- `ended_xid`: the transaction that ended a line. What is older than every transaction under way
-- is all there is, so a reader who goes by it misses nothing.
ALTER TABLE jobs ADD COLUMN batch_id uuid;
ALTER TABLE jobs ADD COLUMN batch_line integer;
ALTER TABLE jobs ADD COLUMN ended_xid xid8;

-- The key that work waits and is released by has a fourth part.
DROP INDEX jobs_held;
CREATE INDEX jobs_held ON jobs (lane, tenant_id, dispatch_model,
  coalesce(batch_id, '00000000-0000-0000-0000-000000000000'::uuid), due_at) WHERE phase = 0;
CREATE INDEX jobs_of_batch ON jobs (batch_id, phase) WHERE phase < 2 AND batch_id IS NOT NULL;
CREATE INDEX jobs_ended_of_batch ON jobs (batch_id, ended_xid, id)
  WHERE phase = 2 AND batch_id IS NOT NULL;

-- Down Migration

DROP INDEX jobs_ended_of_batch, jobs_of_batch, jobs_held;
CREATE INDEX jobs_held ON jobs (lane, tenant_id, dispatch_model, due_at) WHERE phase = 0;
ALTER TABLE jobs DROP COLUMN ended_xid, DROP COLUMN batch_line, DROP COLUMN batch_id;
DROP TABLE batch_counts, batch_lines, batch_keys, batches, blob_chunks, files;
