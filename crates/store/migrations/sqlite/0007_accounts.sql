-- Accounts of users with providers of OAuth. Times are integers of microseconds since 1970. Columns that hold JSON are
-- TEXT.

CREATE TABLE accounts (
    id             TEXT PRIMARY KEY,
    connection     TEXT NOT NULL,
    owner          TEXT NOT NULL,
    provider       TEXT NOT NULL,
    scopes         TEXT NOT NULL,
    sealed         TEXT NOT NULL,
    expires_at     INTEGER,
    can_renew      TEXT NOT NULL,
    renewing_until INTEGER,
    broken         TEXT,
    connected_at   INTEGER NOT NULL,
    renewed_at     INTEGER
) STRICT;
CREATE INDEX accounts_by_owner ON accounts (owner, id);

CREATE TABLE challenges (
    id         TEXT PRIMARY KEY,
    owner      TEXT NOT NULL,
    provider   TEXT NOT NULL,
    scopes     TEXT NOT NULL,
    flow       TEXT NOT NULL,
    sealed     TEXT,
    due_at     INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX challenges_by_owner ON challenges (owner, created_at, id);
CREATE INDEX challenges_by_time ON challenges (due_at, id);
