-- What agents propose to do, what is allowed, and the heads of the trails. Times are integers of microseconds since
-- 1970. Columns that hold JSON are TEXT.

CREATE TABLE policies (
    id         TEXT PRIMARY KEY,
    rules      TEXT NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE grants (
    id           TEXT PRIMARY KEY,
    owner        TEXT NOT NULL,
    capabilities TEXT NOT NULL,
    agent        TEXT,
    max          INTEGER NOT NULL,
    used         INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX grants_by_owner ON grants (owner, created_at, id);

CREATE TABLE actions (
    id            TEXT PRIMARY KEY,
    owner         TEXT NOT NULL,
    agent         TEXT NOT NULL,
    function      TEXT NOT NULL,
    capability    TEXT NOT NULL,
    at            TEXT NOT NULL,
    arguments     TEXT NOT NULL,
    account       TEXT,
    digest        TEXT NOT NULL,
    state         TEXT NOT NULL,
    origin        TEXT NOT NULL,
    source        TEXT NOT NULL,
    approval      TEXT NOT NULL,
    auth          TEXT NOT NULL,
    lease         INTEGER NOT NULL,
    holder        TEXT NOT NULL,
    output        TEXT NOT NULL,
    error         TEXT,
    superseded_by TEXT,
    told          INTEGER,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    due_at        INTEGER,
    ended_at      INTEGER
) STRICT;
CREATE INDEX actions_by_owner ON actions (owner, created_at, id);
CREATE INDEX actions_by_state ON actions (owner, state, created_at, id);
CREATE INDEX actions_untold ON actions (source, created_at, id) WHERE told IS NULL;
CREATE INDEX actions_ready ON actions (at, created_at, id) WHERE state = 'ready';
CREATE INDEX actions_due ON actions (due_at, id) WHERE due_at IS NOT NULL;

CREATE TABLE trail_heads (
    id   TEXT PRIMARY KEY,
    no   INTEGER NOT NULL,
    seal TEXT NOT NULL
) STRICT;

-- Whether the agent of a task ever proposed an action.
ALTER TABLE tasks ADD COLUMN acts TEXT NOT NULL DEFAULT 'false';
