CREATE OR REPLACE TABLE quotes_raw (
    c Nullable(Float64), d Nullable(Float64), dp Nullable(Float64), h Nullable(Float64), l Nullable(Float64),
    o Nullable(Float64), pc Nullable(Float64), t Nullable(Int64), symbol LowCardinality(Nullable(String)),
    fetched_at Nullable(Int64)
) ENGINE = MergeTree ORDER BY tuple() SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
INSERT INTO quotes_raw SELECT * FROM file('$folder/$file', 'JSONEachRow',
    'c Nullable(Float64), d Nullable(Float64), dp Nullable(Float64), h Nullable(Float64), l Nullable(Float64),
     o Nullable(Float64), pc Nullable(Float64), t Nullable(Int64), symbol Nullable(String), fetched_at Nullable(Int64)')
SETTINGS input_format_null_as_default = 0;
