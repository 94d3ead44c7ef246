== report.sql
WITH joined AS (
    SELECT
        pupils.name,
        pupils.class,
        marks.subject AS "right.subject",
        marks.mark AS "right.mark",
        marks.weight AS "right.weight",
        marks.pupil_id IS NOT NULL AS matched,
        pupils.row_no AS pupils_row_no,
        marks.row_no AS marks_row_no
    FROM pupils
    LEFT JOIN marks ON marks.pupil_id = pupils.pupil_id AND marks.weight > 0
),
totals AS (
    SELECT coalesce(bool_or(NOT matched), FALSE) AS unmatched
    FROM joined
),
joined_base AS (
    SELECT
        class,
        name,
        CAST("right.mark" AS DOUBLE) AS mark,
        "right.subject",
        "right.weight",
        pupils_row_no AS joined_row_no,
        marks_row_no AS joined_row_no_2
    FROM joined
),
joined_2 AS (
    SELECT
        class,
        name,
        CASE WHEN "right.subject" IS NULL THEN 'absent' ELSE "right.subject" END AS subject,
        mark,
        mark * CAST("right.weight" AS DOUBLE) AS points,
        joined_row_no AS joined_base_row_no,
        joined_row_no_2 AS joined_base_row_no_2
    FROM joined_base
)
SELECT
    class,
    name,
    subject,
    CASE WHEN mark IS NULL THEN NULL WHEN (SELECT unmatched FROM totals) THEN coalesce(py_repr(mark), 'nan') ELSE CAST(CAST(mark AS BIGINT) AS VARCHAR) END AS mark,
    CASE WHEN points IS NULL THEN NULL WHEN (SELECT unmatched FROM totals) THEN coalesce(py_repr(points), 'nan') ELSE CAST(CAST(points AS BIGINT) AS VARCHAR) END AS points
FROM joined_2
ORDER BY class, name, subject, joined_base_row_no, joined_base_row_no_2 NULLS LAST
