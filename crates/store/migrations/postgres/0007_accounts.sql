-- Accounts of users with providers of OAuth. Times are integers of microseconds since 1970. Columns that hold JSON are
-- TEXT.

CREATE TABLE accounts (
    id             TEXT COLLATE "C" PRIMARY KEY,
    connection     TEXT NOT NULL,
    owner          TEXT COLLATE "C" NOT NULL,
    provider       TEXT NOT NULL,
    scopes         TEXT NOT NULL,
    sealed         TEXT NOT NULL,
    expires_at     BIGINT,
    can_renew      TEXT NOT NULL,
    renewing_until BIGINT,
    broken         TEXT,
    connected_at   BIGINT NOT NULL,
    renewed_at     BIGINT
);
CREATE INDEX accounts_by_owner ON accounts (owner, id);

CREATE TABLE challenges (
    id         TEXT COLLATE "C" PRIMARY KEY,
    owner      TEXT COLLATE "C" NOT NULL,
    provider   TEXT NOT NULL,
    scopes     TEXT NOT NULL,
    flow       TEXT NOT NULL,
    sealed     TEXT,
    due_at     BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX challenges_by_owner ON challenges (owner, created_at, id);
CREATE INDEX challenges_by_time ON challenges (due_at, id);
