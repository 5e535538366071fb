-- Tasks, their steps that are done, and their files. Times are integers of microseconds since 1970. Columns that hold
-- JSON are TEXT.

CREATE TABLE tasks (
    id               TEXT PRIMARY KEY,
    owner            TEXT NOT NULL,
    agent            TEXT NOT NULL,
    input            TEXT,
    additional_input TEXT NOT NULL,
    state            TEXT NOT NULL,
    last             INTEGER,
    created_at       INTEGER NOT NULL,
    ended_at         INTEGER
) STRICT;
CREATE INDEX tasks_by_owner ON tasks (owner, agent, created_at, id);
CREATE INDEX tasks_deleted ON tasks (id) WHERE state = 'deleted';

CREATE TABLE steps (
    id               TEXT PRIMARY KEY,
    task             TEXT NOT NULL,
    place            INTEGER NOT NULL,
    input            TEXT,
    additional_input TEXT NOT NULL,
    result           TEXT NOT NULL,
    created_at       INTEGER NOT NULL,
    modified_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX steps_by_place ON steps (task, place);

CREATE TABLE artifacts (
    id            TEXT PRIMARY KEY,
    task          TEXT NOT NULL,
    agent_created TEXT NOT NULL,
    file_name     TEXT NOT NULL,
    relative_path TEXT,
    content_type  TEXT,
    hash          TEXT NOT NULL,
    size          INTEGER NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX artifacts_by_task ON artifacts (task, created_at, id);

CREATE TABLE blobs (
    id       TEXT PRIMARY KEY,
    size     INTEGER NOT NULL,
    used     INTEGER NOT NULL,
    is_going TEXT NOT NULL
) STRICT;
CREATE INDEX blobs_unused ON blobs (id) WHERE used = 0;
