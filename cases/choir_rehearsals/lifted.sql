== result.sql
WITH voices AS (
    SELECT DISTINCT voice
    FROM attendance
),
computed AS (
    SELECT voice AS dictionary_voice_2, count(*) AS count
    FROM attendance
    GROUP BY voice
),
computed_2 AS (
    SELECT voice AS dictionary_voice_2_2, count(*) AS dictionary_count
    FROM attendance
    WHERE NOT (late <> 0)
    GROUP BY voice
),
computed_3 AS (
    SELECT voice AS dictionary_voice_2_3, sum(minutes) AS sum
    FROM attendance
    GROUP BY voice
),
computed_4 AS (
    SELECT voice AS dictionary_voice_2_4, max(minutes) AS max
    FROM attendance
    GROUP BY voice
),
ranked AS (
    SELECT
        voice AS voice_2,
        singer,
        minutes,
        late,
        row_number() OVER (PARTITION BY voice ORDER BY row_no) AS nth
    FROM attendance
),
ranked_2 AS (
    SELECT
        voice AS voice_2,
        singer,
        minutes,
        late,
        row_number() OVER (PARTITION BY voice ORDER BY row_no DESC) AS nth
    FROM attendance
),
computed_5 AS (
    SELECT voice AS dictionary_voice_2_7, bool_or(late <> 0) AS "any"
    FROM attendance
    GROUP BY voice
)
SELECT
    voices.voice,
    CASE WHEN computed.dictionary_voice_2 IS NOT NULL THEN computed.count ELSE 0 END AS singers,
    CASE WHEN computed_2.dictionary_voice_2_2 IS NOT NULL THEN computed_2.dictionary_count ELSE 0 END AS on_time,
    CASE WHEN computed_3.dictionary_voice_2_3 IS NOT NULL THEN computed_3.sum ELSE 0 END AS minutes,
    computed_4.max AS longest,
    ranked.singer AS "first",
    ranked_2.singer AS "last",
    computed_5.dictionary_voice_2_7 IS NOT NULL AND computed_5."any" AS anyone_late
FROM voices
LEFT JOIN computed ON computed.dictionary_voice_2 = voices.voice
LEFT JOIN computed_2 ON computed_2.dictionary_voice_2_2 = voices.voice
LEFT JOIN computed_3 ON computed_3.dictionary_voice_2_3 = voices.voice
LEFT JOIN computed_4 ON computed_4.dictionary_voice_2_4 = voices.voice
LEFT JOIN ranked ON ranked.voice_2 = voices.voice AND ranked.nth = 1
LEFT JOIN ranked_2 ON ranked_2.voice_2 = voices.voice AND ranked_2.nth = 1
LEFT JOIN computed_5 ON computed_5.dictionary_voice_2_7 = voices.voice
