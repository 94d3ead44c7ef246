== clean.sql
WITH totals AS (
    SELECT count(*) AS row_count
    FROM banned
),
totals_2 AS (
    SELECT count(*) AS row_count
    FROM banned
    WHERE club IS NULL
),
totals_3 AS (
    SELECT count(*) AS row_count
    FROM banned
),
totals_4 AS (
    SELECT count(*) AS row_count
    FROM banned
    WHERE club IS NULL
),
club_in_banned AS (
    SELECT DISTINCT club
    FROM banned
    WHERE club IS NOT NULL
),
joined AS (
    SELECT
        players.name,
        players.club,
        players.points,
        club_in_banned.club IS NOT NULL AS in_club_in_banned,
        players.row_no
    FROM players
    LEFT JOIN club_in_banned ON club_in_banned.club = players.club
),
club_in_banned_2 AS (
    SELECT DISTINCT club
    FROM banned
    WHERE club IS NOT NULL
),
joined_2 AS (
    SELECT
        joined.name,
        joined.club,
        joined.points,
        club_in_banned_2.club IS NOT NULL AS in_club_in_banned,
        joined.row_no
    FROM joined
    LEFT JOIN club_in_banned_2 ON club_in_banned_2.club = joined.club
    WHERE CASE WHEN joined.club IS NULL AND (SELECT row_count FROM totals_3) > 0 THEN NULL WHEN NOT joined.in_club_in_banned AND (SELECT row_count FROM totals_4) > 0 THEN NULL ELSE NOT joined.in_club_in_banned END OR joined.points > 3
)
SELECT
    name,
    points,
    CASE WHEN CASE WHEN club IS NULL AND (SELECT row_count FROM totals) > 0 THEN NULL WHEN NOT in_club_in_banned AND (SELECT row_count FROM totals_2) > 0 THEN NULL ELSE in_club_in_banned END THEN 'banned club' ELSE 'fine' END AS remark
FROM joined_2
ORDER BY row_no
