-- Up Migration

-- Those before the previous one, `{secret, expires_at}` in epoch milliseconds: each was
-- promised a day, also when the secret was rotated again within it.
ALTER TABLE tenants ADD COLUMN former_webhook_secrets jsonb NOT NULL DEFAULT '[]';

-- Down Migration

ALTER TABLE tenants DROP COLUMN former_webhook_secrets;
