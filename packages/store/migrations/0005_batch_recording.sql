-- A file is read from its beginning after a crash: the ids of all its lines must be known.
ALTER TABLE batches DROP COLUMN recorded_bytes;
-- What was checked may not have been recorded whole: it is read again, and what is missing recorded.
UPDATE batches SET total = NULL WHERE status = 'validating';
