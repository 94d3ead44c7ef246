== balance.sql
WITH bookings_carried AS (
    SELECT
        booking,
        account,
        amount,
        row_no,
        run_loop('columns { amount } { creates true, presence has_state_again, slot previous_state after state first if py_lt(add(0, amount), -100) then -100 else add(0, amount) next if py_lt(add(known(previous(previous_state)), amount), -100) then -100 else add(known(previous(previous_state)), amount) }', named_struct('previous_state', CAST(NULL AS BIGINT), 'state', CAST(NULL AS BIGINT)), amount) OVER (PARTITION BY account ORDER BY row_no) AS carried
    FROM bookings
)
SELECT booking, account, get_field(carried, 'state') AS balance
FROM bookings_carried
ORDER BY row_no
