-- Up Migration

-- Every step of every line wrote into it; whether lines are left is told by counts, and those of
-- a batch to be cancelled are found by the indexes of the queue.
DROP INDEX jobs_of_batch;

-- Down Migration

CREATE INDEX jobs_of_batch ON jobs (batch_id, phase) WHERE phase < 2 AND batch_id IS NOT NULL;
