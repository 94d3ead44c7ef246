WITH windowed AS (
    -- each row with what stands around it among those of its customer id
    SELECT
        visit_id,
        customer_id,
        to_char(came_at, '%Y-%m-%dT%H:%M:%S') AS came_at,
        lag(to_char(came_at, '%Y-%m-%dT%H:%M:%S'), 1) OVER (PARTITION BY customer_id ORDER BY to_char(came_at, '%Y-%m-%dT%H:%M:%S') NULLS FIRST, row_no) AS before,
        lead(nanvl(score, NULL) + 0.0, 1, 0.0) OVER (PARTITION BY customer_id ORDER BY to_char(came_at, '%Y-%m-%dT%H:%M:%S') NULLS FIRST, row_no) AS next_score,
        first_value(note) OVER (PARTITION BY customer_id ORDER BY to_char(came_at, '%Y-%m-%dT%H:%M:%S') NULLS FIRST, row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS first_note,
        last_value(note) OVER (PARTITION BY customer_id, to_char(came_at, '%Y-%m-%dT%H:%M:%S') ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS last_note,
        row_no
    FROM visits
)
SELECT visit_id, customer_id, came_at, before, next_score, first_note, last_note
FROM windowed
ORDER BY customer_id, came_at NULLS FIRST, row_no
-- level: Window; visits(visit_id, customer_id, came_at, note, score + row_no)
