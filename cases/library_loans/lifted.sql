== fees.sql
WITH loans_prepared AS (
    SELECT
        borrower,
        isbn,
        kind,
        due_on,
        CASE WHEN returned_on IS NULL THEN (SELECT effective_date FROM run_parameters) ELSE returned_on END AS back,
        row_no
    FROM loans
),
ranked AS (
    SELECT
        borrower,
        isbn,
        due_on,
        back,
        least((back - due_on) * CASE WHEN 'book' = kind OR 'film' = kind OR 'game' = kind THEN CASE WHEN 'book' = kind THEN 10 WHEN 'film' = kind THEN 50 ELSE 100 END ELSE 20 END, 2000) AS cents,
        row_no,
        row_number() OVER (PARTITION BY borrower, isbn ORDER BY row_no) AS nth
    FROM loans_prepared
)
SELECT borrower, isbn, back - due_on AS days_late, cents AS fee_cents, cents = 2000 AS capped
FROM ranked
WHERE nth = 1
  AND NOT (back - due_on <= 0)
ORDER BY cents DESC, borrower, row_no
