SELECT visit_id
FROM visits
WHERE sqlite_int_of_text(note) > 0 OR CAST(CAST(again AS BIGINT) AS VARCHAR) = '1'
ORDER BY row_no
-- level: Flat; visits(visit_id, note, again + row_no)
