-- Up Migration

-- What routing policies hold, for the next life of whoever decides: see runtime/holdings.
CREATE TABLE policy_states (
  policy text PRIMARY KEY,
  -- Of the sums in the state: days since 1970, UTC, and decisions of that day.
  day integer NOT NULL,
  decided double precision NOT NULL,
  state json NOT NULL
);

-- Down Migration

DROP TABLE policy_states;
