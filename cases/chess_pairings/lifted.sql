== result.sql
WITH joined AS (
    SELECT
        players.player AS players_player,
        players.club AS players_club,
        players.rating AS players_rating,
        players_2.player,
        players_2.club,
        players_2.rating
    FROM players
    CROSS JOIN players AS players_2
),
games AS (
    SELECT count(*) FILTER (WHERE players_club = club AND players_player <> player) AS games
    FROM joined
),
gaps AS (
    SELECT
        coalesce(sum(abs(players_rating - rating)) FILTER (WHERE players_club = club AND players_player <> player), 0) AS gaps
    FROM joined
),
result AS (
    SELECT players_player AS white, player AS black, abs(players_rating - rating) AS gap
    FROM joined
    WHERE players_club = club
      AND players_player <> player
    UNION ALL
    SELECT 'games' AS white, 'all' AS black, (SELECT games FROM games) AS gap
    UNION ALL
    SELECT 'gaps' AS white, 'all' AS black, (SELECT gaps FROM gaps) AS gap
)
SELECT white, black, gap
FROM result
