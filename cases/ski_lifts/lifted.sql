== load.sql
SELECT
    rides.lift,
    count(*) AS rides,
    count(DISTINCT rides.card) AS cards,
    sum(CASE WHEN plan.seats IS NULL THEN 1 ELSE 0 END) AS unplanned
FROM rides
LEFT JOIN plan ON plan.lift = rides.lift AND plan.hour = rides.hour
WHERE sqlite_glob(rides.card, '[AB]*') <> 0 OR sqlite_like_escape(rides.lift, 'K\_%', '\') <> 0
GROUP BY rides.lift
HAVING count(*) >= 1
  AND NOT (count(DISTINCT rides.card) = 0)
ORDER BY rides, rides.lift
