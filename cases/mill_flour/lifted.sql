== result.sql
WITH joined AS (
    SELECT
        sacks.sack,
        nanvl(sacks.kilos, NULL) + 0.0 AS kilos,
        batches.grain,
        sacks.row_no AS sacks_row_no,
        batches.row_no AS batches_row_no
    FROM sacks
    LEFT JOIN batches ON batches.batch = sqlite_whole_of_text(sacks.batch)
)
SELECT sack, CASE WHEN grain <> '' THEN grain ELSE 'unknown' END AS grain, kilos >= 25 AS heavy
FROM joined
WHERE kilos > 23.5
ORDER BY sack, sacks_row_no, batches_row_no NULLS LAST
