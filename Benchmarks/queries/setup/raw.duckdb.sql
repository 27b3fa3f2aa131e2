CREATE OR REPLACE TABLE quotes_raw AS
SELECT * FROM read_json('$folder/$file', format = 'newline_delimited', ignore_errors = true, columns = {
    c: 'DOUBLE', d: 'DOUBLE', dp: 'DOUBLE', h: 'DOUBLE', l: 'DOUBLE', o: 'DOUBLE', pc: 'DOUBLE', t: 'BIGINT',
    symbol: 'VARCHAR', fetched_at: 'BIGINT'});
