-- A file is read from its beginning after a crash: the ids of all its lines must be known.
ALTER TABLE batches DROP COLUMN recorded_bytes;
