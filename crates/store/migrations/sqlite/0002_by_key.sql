-- The rows that every message changes lie in the tree of their key, not in one of their own beside it.

CREATE TABLE new_lanes (
    id       TEXT PRIMARY KEY,
    head_no  INTEGER NOT NULL,
    next_no  INTEGER NOT NULL,
    ready_at INTEGER,
    fence    INTEGER NOT NULL,
    life     TEXT,
    attempt  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO new_lanes (id, head_no, next_no, ready_at, fence, life, attempt)
    SELECT id, head_no, next_no, ready_at, fence, life, attempt FROM lanes;
DROP TABLE lanes;
ALTER TABLE new_lanes RENAME TO lanes;
CREATE INDEX lanes_by_ready ON lanes (ready_at, id) WHERE ready_at IS NOT NULL;

CREATE TABLE new_meters (
    id            TEXT PRIMARY KEY,
    window_at     INTEGER NOT NULL,
    window_tokens INTEGER NOT NULL,
    input_tokens  INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    calls         INTEGER NOT NULL,
    last_at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO new_meters (id, window_at, window_tokens, input_tokens, output_tokens, calls, last_at)
    SELECT id, window_at, window_tokens, input_tokens, output_tokens, calls, last_at FROM meters;
DROP TABLE meters;
ALTER TABLE new_meters RENAME TO meters;

CREATE TABLE new_streams (
    id      TEXT PRIMARY KEY,
    last_no INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO new_streams (id, last_no, last_at) SELECT id, last_no, last_at FROM streams;
DROP TABLE streams;
ALTER TABLE new_streams RENAME TO streams;

CREATE TABLE new_deliveries (
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
) STRICT, WITHOUT ROWID;
INSERT INTO new_deliveries (lane, no, agent, user, work, about, created_at, died_at, reason)
    SELECT lane, no, agent, user, work, about, created_at, died_at, reason FROM deliveries;
DROP TABLE deliveries;
ALTER TABLE new_deliveries RENAME TO deliveries;
CREATE INDEX deliveries_dead ON deliveries (user, died_at) WHERE died_at IS NOT NULL;

CREATE TABLE new_events (
    stream TEXT NOT NULL,
    no     INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    dedup  TEXT,
    body   TEXT NOT NULL,
    PRIMARY KEY (stream, no)
) STRICT, WITHOUT ROWID;
INSERT INTO new_events (stream, no, at, dedup, body) SELECT stream, no, at, dedup, body FROM events;
DROP TABLE events;
ALTER TABLE new_events RENAME TO events;
CREATE UNIQUE INDEX events_by_dedup ON events (stream, dedup) WHERE dedup IS NOT NULL;
