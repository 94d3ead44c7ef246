-- refused: cast_text.sqlite:1: `sqlite_int`: takes the number at the beginning of a text, which the engine cannot

-- obligation: pandas would read an integer column with NULL as floats
-- refused: cast_text.sqlite:1: `sqlite_int`: takes the number at the beginning of a text, which the engine cannot
