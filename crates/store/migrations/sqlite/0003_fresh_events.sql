-- Events are appended to many streams at once, and each lies at the end of its own stream: in one tree, nearly
-- every event changes pages of its own. So they are first written one behind the other, and now and then, many
-- together, moved to where they belong. Whoever reads sees both as `events`.

DROP INDEX events_by_dedup;
ALTER TABLE events RENAME TO settled_events;
CREATE UNIQUE INDEX settled_events_by_dedup ON settled_events (stream, dedup) WHERE dedup IS NOT NULL;

CREATE TABLE fresh_events (
    stream TEXT NOT NULL,
    no     INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    dedup  TEXT,
    body   TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX fresh_events_by_dedup ON fresh_events (stream, dedup) WHERE dedup IS NOT NULL;

CREATE VIEW events AS
    SELECT stream, no, at, dedup, body FROM settled_events
    UNION ALL
    SELECT stream, no, at, dedup, body FROM fresh_events;

CREATE TRIGGER events_delete INSTEAD OF DELETE ON events BEGIN
    DELETE FROM settled_events WHERE stream = old.stream AND no = old.no;
    DELETE FROM fresh_events WHERE stream = old.stream AND no = old.no;
END;
