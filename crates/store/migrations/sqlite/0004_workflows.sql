-- Agents in workflows. Times are integers of microseconds since 1970. Columns that hold JSON are TEXT.

CREATE TABLE workflow_agents (
    id                INTEGER PRIMARY KEY,
    owner             TEXT NOT NULL,
    "user"            INTEGER NOT NULL,
    guid              TEXT NOT NULL,
    kind              TEXT NOT NULL,
    options           TEXT NOT NULL,
    disabled_at       INTEGER,
    schedule          TEXT NOT NULL,
    retry             TEXT NOT NULL,
    failure_order     TEXT NOT NULL,
    keep_messages_for INTEGER,
    grants            TEXT NOT NULL,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL
) STRICT;
CREATE INDEX workflow_agents_by_owner ON workflow_agents (owner, id);
CREATE INDEX workflow_agents_forgetful ON workflow_agents (id) WHERE keep_messages_for > 0;

CREATE TABLE links (
    id              INTEGER PRIMARY KEY,
    owner           TEXT NOT NULL,
    receivers       TEXT NOT NULL,
    control_targets TEXT NOT NULL
) STRICT;
CREATE INDEX links_by_owner ON links (owner, id);

CREATE TABLE due_checks (
    id     INTEGER PRIMARY KEY,
    due_at INTEGER NOT NULL
) STRICT;
CREATE INDEX due_checks_by_time ON due_checks (due_at, id);

CREATE TABLE workflows (
    id           INTEGER PRIMARY KEY,
    owner        TEXT NOT NULL,
    name         TEXT NOT NULL,
    description  TEXT,
    guid         TEXT NOT NULL,
    tag_fg_color TEXT,
    tag_bg_color TEXT,
    icon         TEXT,
    agents       TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX workflows_by_owner ON workflows (owner, id);

CREATE TABLE wallets (
    id          TEXT PRIMARY KEY,
    credentials TEXT NOT NULL,
    sealed      TEXT NOT NULL
) STRICT;

CREATE TABLE agent_urls (
    id         TEXT PRIMARY KEY,
    added_by   TEXT NOT NULL,
    secret     TEXT,
    timeout_ms INTEGER,
    retry      TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE activities (
    id            INTEGER PRIMARY KEY,
    received_at   INTEGER,
    checked_at    INTEGER,
    error_at      INTEGER,
    failing_since INTEGER
) STRICT;

-- Lanes that are paused, calls that failed, and checks that wait.
ALTER TABLE lanes ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lanes ADD COLUMN paused_at INTEGER;
ALTER TABLE lanes ADD COLUMN check_no INTEGER;

-- Events up to this number are gone.
ALTER TABLE streams ADD COLUMN purged_no INTEGER NOT NULL DEFAULT 0;

-- Deliveries that are set aside have `died_at` and `retry_at`; those that are put in again keep their first number.
ALTER TABLE deliveries ADD COLUMN retry_at INTEGER;
ALTER TABLE deliveries ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN first_no INTEGER;
CREATE INDEX deliveries_set_aside ON deliveries (retry_at, lane, no) WHERE retry_at IS NOT NULL;
