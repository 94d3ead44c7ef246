== visits.sql
WITH windowed AS (
    SELECT
        checkin,
        member,
        minute,
        CAST(row_number() OVER (PARTITION BY member ORDER BY minute, checkin, row_no) AS BIGINT) AS place,
        lag(checkin, 1) OVER (PARTITION BY member ORDER BY minute, checkin, row_no) AS earlier,
        lag(CAST(minute AS DOUBLE), 1) OVER (PARTITION BY member ORDER BY minute, checkin, row_no) AS earlier_2,
        row_no
    FROM checkins
),
v AS (
    SELECT
        checkin,
        member,
        minute,
        place - 1 + 1 AS number,
        CAST(earlier AS DOUBLE) AS before,
        CAST(minute AS DOUBLE) - earlier_2 AS since,
        coalesce(sum(minute) OVER (ORDER BY minute, checkin, row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), 0) AS running_total,
        row_no
    FROM windowed
),
v_2 AS (
    SELECT
        checkin,
        member,
        number,
        before,
        since,
        running_total AS total,
        CAST(rank() OVER (PARTITION BY member ORDER BY minute DESC) AS BIGINT) AS rank,
        minute AS v_sort_key,
        row_no
    FROM v
)
SELECT checkin, member, number, before, since, total, CAST(rank AS DOUBLE) AS place
FROM v_2
ORDER BY v_sort_key, checkin, row_no
