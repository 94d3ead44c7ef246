== open.sql
WITH numbered AS (
    SELECT
        holders.holder,
        holders.name,
        holders.club AS club_holder,
        permits.permit,
        permits.club AS club_permit,
        holders.holder AS merge_key_0,
        CAST(row_number() OVER (ORDER BY holders.row_no, permits.row_no NULLS LAST) AS BIGINT) AS row_position
    FROM holders
    LEFT JOIN permits ON permits.holder = holders.holder
),
combined AS (
    SELECT
        holder,
        name,
        club_holder,
        permit,
        club_permit,
        merge_key_0,
        1 AS branch,
        row_position
    FROM numbered
    UNION ALL
    SELECT
        holder,
        CAST(NULL AS VARCHAR) AS name,
        CAST(NULL AS VARCHAR) AS club_holder,
        permit,
        club AS club_permit,
        holder AS merge_key_0,
        2 AS branch,
        row_no AS row_position
    FROM permits
    WHERE NOT EXISTS (SELECT 1 FROM holders WHERE holders.holder = permits.holder)
)
SELECT holder, name, club_holder, permit, club_permit
FROM combined
WHERE name IS NULL OR permit IS NULL
ORDER BY merge_key_0, branch, row_position
