-- Times are integers of microseconds since 1970. Columns that hold JSON are TEXT.

CREATE TABLE users (
    id            TEXT PRIMARY KEY,
    role          TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    tokens_from   INTEGER NOT NULL,
    disabled_at   INTEGER
) STRICT;

CREATE TABLE api_tokens (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    owner      TEXT NOT NULL,
    hash       TEXT NOT NULL UNIQUE,
    scopes     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT;
CREATE INDEX api_tokens_by_owner ON api_tokens (owner, created_at);

CREATE TABLE lockouts (
    id           TEXT PRIMARY KEY,
    failures     INTEGER NOT NULL,
    locked_until INTEGER,
    last_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX lockouts_by_end ON lockouts (locked_until, last_at);

CREATE TABLE revocations (
    id      TEXT PRIMARY KEY,
    "until" INTEGER NOT NULL
) STRICT;
CREATE INDEX revocations_by_end ON revocations ("until");

CREATE TABLE secrets (
    id     TEXT PRIMARY KEY,
    sealed TEXT NOT NULL
) STRICT;

-- `names` and `words` are made from the other columns, for searching.
CREATE TABLE agents (
    id                INTEGER PRIMARY KEY,
    name              TEXT NOT NULL,
    owner             TEXT NOT NULL,
    provider          TEXT NOT NULL,
    model             TEXT NOT NULL,
    capabilities      TEXT NOT NULL,
    interaction_modes TEXT NOT NULL,
    personality       TEXT,
    metadata          TEXT NOT NULL,
    shared            TEXT NOT NULL,
    created_at        INTEGER NOT NULL,
    names             TEXT NOT NULL,
    words             TEXT NOT NULL
) STRICT;
CREATE INDEX agents_by_owner ON agents (owner);

CREATE VIRTUAL TABLE agents_words USING fts5 (
    words, content = 'agents', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 0'
);
CREATE TRIGGER agents_words_insert AFTER INSERT ON agents BEGIN
    INSERT INTO agents_words (rowid, words) VALUES (new.id, new.words);
END;
CREATE TRIGGER agents_words_delete AFTER DELETE ON agents BEGIN
    INSERT INTO agents_words (agents_words, rowid, words) VALUES ('delete', old.id, old.words);
END;
CREATE TRIGGER agents_words_update AFTER UPDATE ON agents BEGIN
    INSERT INTO agents_words (agents_words, rowid, words) VALUES ('delete', old.id, old.words);
    INSERT INTO agents_words (rowid, words) VALUES (new.id, new.words);
END;

CREATE TABLE sessions (
    id                TEXT PRIMARY KEY,
    kind              TEXT NOT NULL,
    owner             TEXT NOT NULL,
    status            TEXT NOT NULL,
    created_at        INTEGER NOT NULL,
    expires_at        INTEGER,
    ended_at          INTEGER,
    agents            TEXT NOT NULL,
    interaction_modes TEXT NOT NULL,
    metadata          TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_by_owner ON sessions (owner, created_at, id);
CREATE INDEX sessions_by_end ON sessions (expires_at, id) WHERE status = 'active' AND expires_at IS NOT NULL;

CREATE TABLE lanes (
    id       TEXT PRIMARY KEY,
    head_no  INTEGER NOT NULL,
    next_no  INTEGER NOT NULL,
    ready_at INTEGER,
    fence    INTEGER NOT NULL,
    life     TEXT,
    attempt  INTEGER NOT NULL
) STRICT;
CREATE INDEX lanes_by_ready ON lanes (ready_at, id) WHERE ready_at IS NOT NULL;

CREATE TABLE memories (
    id    TEXT PRIMARY KEY,
    agent TEXT NOT NULL,
    lane  TEXT NOT NULL,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE meters (
    id            TEXT PRIMARY KEY,
    window_at     INTEGER NOT NULL,
    window_tokens INTEGER NOT NULL,
    input_tokens  INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    calls         INTEGER NOT NULL,
    last_at       INTEGER NOT NULL
) STRICT;

CREATE TABLE streams (
    id      TEXT PRIMARY KEY,
    last_no INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) STRICT;

CREATE TABLE events (
    stream TEXT NOT NULL,
    no     INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    dedup  TEXT,
    body   TEXT NOT NULL,
    PRIMARY KEY (stream, no)
) STRICT;
CREATE UNIQUE INDEX events_by_dedup ON events (stream, dedup) WHERE dedup IS NOT NULL;

-- Deliveries that wait are those of the lane from its head_no on; those that died have `died_at`.
CREATE TABLE deliveries (
    lane       TEXT NOT NULL,
    no         INTEGER NOT NULL,
    agent      TEXT NOT NULL,
    user       TEXT NOT NULL,
    work       TEXT NOT NULL,
    about      INTEGER,
    created_at INTEGER NOT NULL,
    died_at    INTEGER,
    reason     TEXT,
    PRIMARY KEY (lane, no)
) STRICT;
CREATE INDEX deliveries_dead ON deliveries (user, died_at) WHERE died_at IS NOT NULL;

-- The lives of nodes. A life without a row, or whose time is over, holds no lane.
CREATE TABLE lives (
    id       TEXT PRIMARY KEY,
    until_at INTEGER NOT NULL
) STRICT;
