CREATE TABLE removed (
    number INTEGER PRIMARY KEY  -- of a run that is gone, but for rows in the tables beside
);

CREATE INDEX runs_ended ON runs (pipeline, ended);
