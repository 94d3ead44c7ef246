== by_voice.sql
WITH attendance_by_singer AS (
    SELECT singer AS attendance_by_singer_singer, count(*) AS value
    FROM attendance
    GROUP BY singer
),
attendance_by_singer_2 AS (
    SELECT
        singer AS attendance_by_singer_singer_3,
        max(CAST(evening AS VARCHAR)) AS attendance_by_singer_value_2
    FROM attendance
    GROUP BY singer
)
SELECT
    singers.voice,
    count(*) AS singers,
    sum(coalesce(attendance_by_singer.value, 0)) AS evenings,
    sum(CASE WHEN attendance_by_singer_2.attendance_by_singer_value_2 IS NULL THEN 1 ELSE 0 END) AS never
FROM singers
LEFT JOIN attendance_by_singer ON attendance_by_singer.attendance_by_singer_singer = singers.singer
LEFT JOIN attendance_by_singer_2 ON attendance_by_singer_2.attendance_by_singer_singer_3 = singers.singer
WHERE NOT EXISTS (SELECT 1 FROM attendance WHERE attendance.singer = singers.singer AND attendance.minutes < 30)
GROUP BY singers.voice
ORDER BY evenings DESC, singers.voice
