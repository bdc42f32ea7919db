-- Up Migration

-- A manual resend begins the retry schedule anew; `attempts` goes on counting,
-- since it is also the token that fences couriers.
ALTER TABLE webhook_events ADD COLUMN schedule_from integer NOT NULL DEFAULT 0;

CREATE INDEX webhook_events_by_tenant ON webhook_events (tenant_id, id);

-- Down Migration

DROP INDEX webhook_events_by_tenant;
ALTER TABLE webhook_events DROP COLUMN schedule_from;
