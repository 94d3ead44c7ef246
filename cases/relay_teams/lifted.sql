== teams.sql
WITH teams AS (
    SELECT
        team,
        first_value(heat ORDER BY row_no) AS first_heat,
        count(*) AS laps,
        min(row_no) AS first_seen
    FROM laps
    GROUP BY team
),
different AS (
    SELECT DISTINCT team, runner
    FROM laps
),
computed AS (
    SELECT team AS dictionary_team, count(*) AS count
    FROM different
    GROUP BY team
),
different_2 AS (
    SELECT DISTINCT team, heat
    FROM laps
),
computed_2 AS (
    SELECT team AS dictionary_team, count(*) AS count
    FROM different_2
    GROUP BY team
),
computed_3 AS (
    SELECT team AS fastest_team, min(seconds) AS fastest
    FROM laps
    GROUP BY team
),
joined AS (
    SELECT
        teams.team,
        teams.first_heat,
        teams.laps,
        CASE WHEN computed.dictionary_team IS NOT NULL THEN computed.count ELSE 0 END AS everyone,
        computed_2.count,
        computed_2.dictionary_team IS NOT NULL AS in_dictionary,
        computed_3.fastest,
        teams.first_seen
    FROM teams
    LEFT JOIN computed ON computed.dictionary_team = teams.team
    LEFT JOIN computed_2 ON computed_2.dictionary_team = teams.team
    LEFT JOIN computed_3 ON computed_3.fastest_team = teams.team
)
SELECT
    team,
    first_heat,
    laps,
    everyone AS runners,
    everyone = laps AS all_different,
    CASE WHEN in_dictionary THEN count ELSE 0 END AS heats,
    fastest
FROM joined
ORDER BY first_seen
