-- Times are integers of microseconds since 1970. Columns that hold JSON are TEXT: `jsonb` would change
-- numbers and refuse U+0000. Keys are compared byte by byte, as everywhere else, so that rows are locked in
-- one order.

CREATE TABLE users (
    id            TEXT COLLATE "C" PRIMARY KEY,
    role          TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    tokens_from   BIGINT NOT NULL,
    disabled_at   BIGINT
);

CREATE TABLE api_tokens (
    id         TEXT COLLATE "C" PRIMARY KEY,
    name       TEXT NOT NULL,
    owner      TEXT COLLATE "C" NOT NULL,
    hash       TEXT COLLATE "C" NOT NULL UNIQUE,
    scopes     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX api_tokens_by_owner ON api_tokens (owner, created_at);

CREATE TABLE lockouts (
    id           TEXT COLLATE "C" PRIMARY KEY,
    failures     BIGINT NOT NULL,
    locked_until BIGINT,
    last_at      BIGINT NOT NULL
);
CREATE INDEX lockouts_by_end ON lockouts (locked_until, last_at);

CREATE TABLE revocations (
    id      TEXT COLLATE "C" PRIMARY KEY,
    "until" BIGINT NOT NULL
);
CREATE INDEX revocations_by_end ON revocations ("until");

CREATE TABLE secrets (
    id     TEXT COLLATE "C" PRIMARY KEY,
    sealed TEXT NOT NULL
);

-- `names` and `words` are made from the other columns, for searching.
CREATE TABLE agents (
    id                BIGINT PRIMARY KEY,
    name              TEXT NOT NULL,
    owner             TEXT COLLATE "C" NOT NULL,
    provider          TEXT NOT NULL,
    model             TEXT NOT NULL,
    capabilities      TEXT NOT NULL,
    interaction_modes TEXT NOT NULL,
    personality       TEXT,
    metadata          TEXT NOT NULL,
    shared            TEXT NOT NULL,
    created_at        BIGINT NOT NULL,
    names             TEXT NOT NULL,
    words             TEXT NOT NULL
);
CREATE INDEX agents_by_owner ON agents (owner);
CREATE INDEX agents_by_words ON agents USING gin (to_tsvector('simple', words));

CREATE TABLE sessions (
    id                TEXT COLLATE "C" PRIMARY KEY,
    kind              TEXT NOT NULL,
    owner             TEXT COLLATE "C" NOT NULL,
    status            TEXT NOT NULL,
    created_at        BIGINT NOT NULL,
    expires_at        BIGINT,
    ended_at          BIGINT,
    agents            TEXT NOT NULL,
    interaction_modes TEXT NOT NULL,
    metadata          TEXT NOT NULL
);
CREATE INDEX sessions_by_owner ON sessions (owner, created_at, id);
CREATE INDEX sessions_by_end ON sessions (expires_at, id) WHERE status = 'active' AND expires_at IS NOT NULL;

CREATE TABLE lanes (
    id       TEXT COLLATE "C" PRIMARY KEY,
    head_no  BIGINT NOT NULL,
    next_no  BIGINT NOT NULL,
    ready_at BIGINT,
    fence    BIGINT NOT NULL,
    life     TEXT COLLATE "C",
    attempt  BIGINT NOT NULL
);
CREATE INDEX lanes_by_ready ON lanes (ready_at, id) WHERE ready_at IS NOT NULL;

CREATE TABLE memories (
    id    TEXT COLLATE "C" PRIMARY KEY,
    agent TEXT NOT NULL,
    lane  TEXT COLLATE "C" NOT NULL,
    value TEXT NOT NULL
);

CREATE TABLE meters (
    id            TEXT COLLATE "C" PRIMARY KEY,
    window_at     BIGINT NOT NULL,
    window_tokens BIGINT NOT NULL,
    input_tokens  BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    calls         BIGINT NOT NULL,
    last_at       BIGINT NOT NULL
);

CREATE TABLE streams (
    id      TEXT COLLATE "C" PRIMARY KEY,
    last_no BIGINT NOT NULL,
    last_at BIGINT NOT NULL
);

CREATE TABLE events (
    stream TEXT COLLATE "C" NOT NULL,
    no     BIGINT NOT NULL,
    at     BIGINT NOT NULL,
    dedup  TEXT COLLATE "C",
    body   TEXT NOT NULL,
    PRIMARY KEY (stream, no)
);
CREATE UNIQUE INDEX events_by_dedup ON events (stream, dedup) WHERE dedup IS NOT NULL;

-- Deliveries that wait are those of the lane from its head_no on; those that died have `died_at`.
CREATE TABLE deliveries (
    lane       TEXT COLLATE "C" NOT NULL,
    no         BIGINT NOT NULL,
    agent      TEXT NOT NULL,
    "user"     TEXT COLLATE "C" NOT NULL,
    work       TEXT NOT NULL,
    about      BIGINT,
    created_at BIGINT NOT NULL,
    died_at    BIGINT,
    reason     TEXT,
    PRIMARY KEY (lane, no)
);
CREATE INDEX deliveries_dead ON deliveries ("user", died_at) WHERE died_at IS NOT NULL;

-- The lives of nodes. A life without a row, or whose time is over, holds no lane.
CREATE TABLE lives (
    id       TEXT COLLATE "C" PRIMARY KEY,
    until_at BIGINT NOT NULL
);
