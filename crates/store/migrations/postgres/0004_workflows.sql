-- Agents in workflows. Times are integers of microseconds since 1970. Columns that hold JSON are TEXT.

CREATE TABLE workflow_agents (
    id                BIGINT PRIMARY KEY,
    owner             TEXT COLLATE "C" NOT NULL,
    "user"            BIGINT NOT NULL,
    guid              TEXT COLLATE "C" NOT NULL,
    kind              TEXT NOT NULL,
    options           TEXT NOT NULL,
    disabled_at       BIGINT,
    schedule          TEXT NOT NULL,
    retry             TEXT NOT NULL,
    failure_order     TEXT NOT NULL,
    keep_messages_for BIGINT,
    grants            TEXT NOT NULL,
    created_at        BIGINT NOT NULL,
    updated_at        BIGINT NOT NULL
);
CREATE INDEX workflow_agents_by_owner ON workflow_agents (owner, id);
CREATE INDEX workflow_agents_forgetful ON workflow_agents (id) WHERE keep_messages_for > 0;

CREATE TABLE links (
    id              BIGINT PRIMARY KEY,
    owner           TEXT COLLATE "C" NOT NULL,
    receivers       TEXT NOT NULL,
    control_targets TEXT NOT NULL
);
CREATE INDEX links_by_owner ON links (owner, id);

CREATE TABLE due_checks (
    id     BIGINT PRIMARY KEY,
    due_at BIGINT NOT NULL
);
CREATE INDEX due_checks_by_time ON due_checks (due_at, id);

CREATE TABLE workflows (
    id           BIGINT PRIMARY KEY,
    owner        TEXT COLLATE "C" NOT NULL,
    name         TEXT NOT NULL,
    description  TEXT,
    guid         TEXT COLLATE "C" NOT NULL,
    tag_fg_color TEXT,
    tag_bg_color TEXT,
    icon         TEXT,
    agents       TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL
);
CREATE INDEX workflows_by_owner ON workflows (owner, id);

CREATE TABLE wallets (
    id          TEXT COLLATE "C" PRIMARY KEY,
    credentials TEXT NOT NULL,
    sealed      TEXT NOT NULL
);

CREATE TABLE agent_urls (
    id         TEXT COLLATE "C" PRIMARY KEY,
    added_by   TEXT COLLATE "C" NOT NULL,
    secret     TEXT,
    timeout_ms BIGINT,
    retry      TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE activities (
    id            BIGINT PRIMARY KEY,
    received_at   BIGINT,
    checked_at    BIGINT,
    error_at      BIGINT,
    failing_since BIGINT
);

-- Lanes that are paused, calls that failed, and checks that wait.
ALTER TABLE lanes ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;
ALTER TABLE lanes ADD COLUMN paused_at BIGINT;
ALTER TABLE lanes ADD COLUMN check_no BIGINT;

-- Events up to this number are gone.
ALTER TABLE streams ADD COLUMN purged_no BIGINT NOT NULL DEFAULT 0;

-- Deliveries that are set aside have `died_at` and `retry_at`; those that are put in again keep their first number.
ALTER TABLE deliveries ADD COLUMN retry_at BIGINT;
ALTER TABLE deliveries ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN first_no BIGINT;
CREATE INDEX deliveries_set_aside ON deliveries (retry_at, lane, no) WHERE retry_at IS NOT NULL;
