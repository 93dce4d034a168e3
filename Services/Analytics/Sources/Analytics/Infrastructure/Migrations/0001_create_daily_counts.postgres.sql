CREATE TABLE daily_counts (
    day text NOT NULL,        -- in UTC, 2026-03-01
    metric text NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (day, metric)
);
