== rota.sql
SELECT
    singers.voice,
    singers.singer AS name,
    py_int(substr(CAST(singers.joined AS VARCHAR), 1, 4)) AS year,
    CAST(coalesce(sum(attendance.minutes), 0) AS DOUBLE) / 60 AS hours
FROM singers
LEFT JOIN attendance ON attendance.singer = singers.singer AND attendance.minutes > 5
GROUP BY singers.voice, singers.singer, CAST(singers.joined AS VARCHAR)
ORDER BY singers.voice, singers.singer, CAST(singers.joined AS VARCHAR)
