-- Up Migration

-- What a job carries with it that nobody looks it up by: see contracts/job-options.ts.
ALTER TABLE jobs ADD COLUMN options json;

-- Its caller had its content removed: the bodies are gone, and it is found no more.
ALTER TABLE jobs ADD COLUMN deleted_at timestamptz;

-- Down Migration

ALTER TABLE jobs DROP COLUMN deleted_at, DROP COLUMN options;
