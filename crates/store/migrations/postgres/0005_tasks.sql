-- Tasks, their steps that are done, and their files. Times are integers of microseconds since 1970. Columns that hold
-- JSON are TEXT.

CREATE TABLE tasks (
    id               TEXT COLLATE "C" PRIMARY KEY,
    owner            TEXT COLLATE "C" NOT NULL,
    agent            TEXT COLLATE "C" NOT NULL,
    input            TEXT,
    additional_input TEXT NOT NULL,
    state            TEXT NOT NULL,
    last             BIGINT,
    created_at       BIGINT NOT NULL,
    ended_at         BIGINT
);
CREATE INDEX tasks_by_owner ON tasks (owner, agent, created_at, id);
CREATE INDEX tasks_deleted ON tasks (id) WHERE state = 'deleted';

CREATE TABLE steps (
    id               TEXT COLLATE "C" PRIMARY KEY,
    task             TEXT COLLATE "C" NOT NULL,
    place            BIGINT NOT NULL,
    input            TEXT,
    additional_input TEXT NOT NULL,
    result           TEXT NOT NULL,
    created_at       BIGINT NOT NULL,
    modified_at      BIGINT NOT NULL
);
CREATE INDEX steps_by_place ON steps (task, place);

CREATE TABLE artifacts (
    id            TEXT COLLATE "C" PRIMARY KEY,
    task          TEXT COLLATE "C" NOT NULL,
    agent_created TEXT NOT NULL,
    file_name     TEXT NOT NULL,
    relative_path TEXT,
    content_type  TEXT,
    hash          TEXT NOT NULL,
    size          BIGINT NOT NULL,
    created_at    BIGINT NOT NULL
);
CREATE INDEX artifacts_by_task ON artifacts (task, created_at, id);

CREATE TABLE blobs (
    id       TEXT COLLATE "C" PRIMARY KEY,
    size     BIGINT NOT NULL,
    used     BIGINT NOT NULL,
    is_going TEXT NOT NULL
);
CREATE INDEX blobs_unused ON blobs (id) WHERE used = 0;
