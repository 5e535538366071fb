-- What agents propose to do, what is allowed, and the heads of the trails. Times are integers of microseconds since
-- 1970. Columns that hold JSON are TEXT.

CREATE TABLE policies (
    id         TEXT COLLATE "C" PRIMARY KEY,
    rules      TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE grants (
    id           TEXT COLLATE "C" PRIMARY KEY,
    owner        TEXT COLLATE "C" NOT NULL,
    capabilities TEXT NOT NULL,
    agent        TEXT COLLATE "C",
    max          BIGINT NOT NULL,
    used         BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX grants_by_owner ON grants (owner, created_at, id);

CREATE TABLE actions (
    id            TEXT COLLATE "C" PRIMARY KEY,
    owner         TEXT COLLATE "C" NOT NULL,
    agent         TEXT COLLATE "C" NOT NULL,
    function      TEXT NOT NULL,
    capability    TEXT COLLATE "C" NOT NULL,
    at            TEXT NOT NULL,
    arguments     TEXT NOT NULL,
    account       TEXT,
    digest        TEXT NOT NULL,
    state         TEXT NOT NULL,
    origin        TEXT NOT NULL,
    source        TEXT COLLATE "C" NOT NULL,
    approval      TEXT NOT NULL,
    auth          TEXT NOT NULL,
    lease         BIGINT NOT NULL,
    holder        TEXT NOT NULL,
    output        TEXT NOT NULL,
    error         TEXT,
    superseded_by TEXT,
    told          BIGINT,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    due_at        BIGINT,
    ended_at      BIGINT
);
CREATE INDEX actions_by_owner ON actions (owner, created_at, id);
CREATE INDEX actions_by_state ON actions (owner, state, created_at, id);
CREATE INDEX actions_untold ON actions (source, created_at, id) WHERE told IS NULL;
CREATE INDEX actions_ready ON actions (at, created_at, id) WHERE state = 'ready';
CREATE INDEX actions_due ON actions (due_at, id) WHERE due_at IS NOT NULL;

CREATE TABLE trail_heads (
    id   TEXT COLLATE "C" PRIMARY KEY,
    no   BIGINT NOT NULL,
    seal TEXT NOT NULL
);

-- Whether the agent of a task ever proposed an action.
ALTER TABLE tasks ADD COLUMN acts TEXT NOT NULL DEFAULT 'false';
