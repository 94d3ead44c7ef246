== visits.sql
WITH v AS (
    SELECT
        checkin,
        member,
        minute,
        CAST(row_number() OVER (PARTITION BY member ORDER BY minute, checkin, row_no) AS BIGINT) AS place,
        row_no
    FROM checkins
),
v_2 AS (
    SELECT
        checkin,
        member,
        minute,
        place - 1 + 1 AS number,
        lag(checkin, 1) OVER (PARTITION BY member ORDER BY minute, checkin, row_no) AS earlier,
        row_no
    FROM v
),
v_3 AS (
    SELECT
        checkin,
        member,
        minute,
        number,
        CAST(earlier AS DOUBLE) AS before,
        lag(CAST(minute AS DOUBLE), 1) OVER (PARTITION BY member ORDER BY minute, checkin, row_no) AS earlier,
        row_no
    FROM v_2
),
v_4 AS (
    SELECT
        checkin,
        member,
        minute,
        number,
        before,
        CAST(minute AS DOUBLE) - earlier AS since,
        coalesce(sum(minute) OVER (ORDER BY minute, checkin, row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), 0) AS running_total,
        row_no
    FROM v_3
),
v_5 AS (
    SELECT
        checkin,
        member,
        number,
        before,
        since,
        running_total AS total,
        CAST(rank() OVER (PARTITION BY member ORDER BY minute DESC) AS BIGINT) AS rank,
        minute AS v_4_sort_key,
        row_no
    FROM v_4
)
SELECT checkin, member, number, before, since, total, CAST(rank AS DOUBLE) AS place
FROM v_5
ORDER BY v_4_sort_key, checkin, row_no
