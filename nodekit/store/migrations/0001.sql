CREATE TABLE states (
    pipeline TEXT NOT NULL,
    step TEXT,                  -- NULL: the pipeline's own
    version INTEGER NOT NULL,
    content TEXT NOT NULL,      -- JSON, null in place of each secret
    secrets TEXT,               -- JSON: [[path, sealed], ...]
    key TEXT,                   -- the name of the key that seals them
    kept REAL NOT NULL
);

CREATE UNIQUE INDEX states_place ON states (pipeline, (step IS NULL), (coalesce(step, '')));

CREATE TABLE runs (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    pipeline TEXT NOT NULL,
    name TEXT NOT NULL,
    input_print TEXT NOT NULL,
    pipeline_print TEXT NOT NULL,
    status TEXT NOT NULL,
    started REAL NOT NULL,
    ended REAL,
    fence INTEGER NOT NULL,
    host TEXT NOT NULL,
    boot TEXT NOT NULL,
    pid INTEGER NOT NULL,
    start TEXT NOT NULL,
    summary TEXT                -- JSON
);

CREATE TABLE places (
    run INTEGER NOT NULL,
    name TEXT NOT NULL,
    place BLOB NOT NULL,
    PRIMARY KEY (run, name)
) WITHOUT ROWID;

CREATE TABLE journal (
    run INTEGER NOT NULL,
    step TEXT NOT NULL,
    turn INTEGER NOT NULL,
    item INTEGER NOT NULL,
    answer BLOB NOT NULL,
    PRIMARY KEY (run, step, turn, item)
) WITHOUT ROWID;

CREATE TABLE spool (
    run INTEGER NOT NULL,
    cut TEXT NOT NULL,
    position INTEGER NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (run, cut, position)
) WITHOUT ROWID;

CREATE TABLE failed (
    run INTEGER NOT NULL,
    step TEXT NOT NULL,
    item INTEGER NOT NULL,
    error TEXT NOT NULL,        -- JSON
    input BLOB NOT NULL,
    PRIMARY KEY (run, step, item)
) WITHOUT ROWID;
