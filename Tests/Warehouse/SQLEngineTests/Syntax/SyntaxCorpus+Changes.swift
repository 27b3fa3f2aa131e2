extension SyntaxCorpus {
    /// Statements that change rows and move files.
    static let changes: [(sql: String, shape: String)] = [
        (
            #"INSERT INTO t VALUES (1, 'a', DEFAULT), (2, NULL, 3 + 4)"#,
            #"insert(table: T, source: rows([[1, 'a', nil], [2, NULL, 3 + 4]]))"#
        ),
        (
            #"INSERT OVERWRITE INTO s.t (a, b) SELECT a, b FROM u"#,
            #"insert(table: S.T, columns: [A, B], source: query({SELECT A, B FROM U}), overwrites)"#
        ),
        (
            #"INSERT INTO t (a) (SELECT 1)"#,
            #"insert(table: T, columns: [A], source: query({SELECT 1}))"#
        ),
        (
            #"INSERT INTO IDENTIFIER('d.s."t"') WITH w AS (SELECT 1) SELECT * FROM w"#,
            #"insert(table: D.S."t", source: query({WITH W AS (SELECT 1) SELECT * FROM W}))"#
        ),
        (
            #"UPDATE t SET a = 1, b = DEFAULT, t.c = a + 1 WHERE a > 1"#,
            #"update(table: T, assignments: [(column: A, value: 1), (column: B), (column: C, value: A + 1)], predicate: A > 1)"#
        ),
        (
            #"UPDATE t AS x SET x.a = s.a FROM s LEFT JOIN u ON s.i = u.i WHERE x.i = s.i"#,
            #"update(table: T, alias: X, assignments: [(column: A, value: S.A)], from: {S LEFT JOIN U ON S.I = U.I}, predicate: X.I = S.I)"#
        ),
        (
            #"DELETE FROM t"#,
            #"delete(table: T)"#
        ),
        (
            #"DELETE FROM t x USING s, (SELECT 1 AS i) u WHERE x.i = s.i AND x.i = u.i"#,
            #"delete(table: T, alias: X, using: {S CROSS JOIN (SELECT 1 AS I) AS U}, predicate: X.I = S.I AND X.I = U.I)"#
        ),
        (
            #"MERGE INTO t USING s ON t.i = s.i WHEN MATCHED AND s.d THEN DELETE WHEN MATCHED THEN UPDATE SET t.a = s.a, b = 2 WHEN NOT MATCHED THEN INSERT (i, a) VALUES (s.i, DEFAULT)"#,
            #"merge(table: T, source: {S}, condition: T.I = S.I, clauses: [(isMatched, condition: S.D, action: delete), (isMatched, action: update([(column: A, value: S.A), (column: B, value: 2)])), (action: insert(columns: [I, A], values: [S.I, nil]))])"#
        ),
        (
            #"MERGE INTO t AS x USING (SELECT 1 AS i) AS y ON x.i = y.i WHEN NOT MATCHED AND y.i > 0 THEN INSERT VALUES (y.i)"#,
            #"merge(table: T, alias: X, source: {(SELECT 1 AS I) AS Y}, condition: X.I = Y.I, clauses: [(condition: Y.I > 0, action: insert(values: [Y.I]))])"#
        ),
        (
            #"COPY INTO t FROM @s/path/x.csv.gz"#,
            #"load(table: T, source: location(stage(stage: named(S), path: 'path/x.csv.gz')))"#
        ),
        (
            #"COPY INTO d.s.t (a, b) FROM (SELECT $1:a::int, t.$2 FROM @st/p t) FILES = ('a.json', 'b.json') PATTERN = '.*[.]json' FILE_FORMAT = (TYPE = JSON STRIP_OUTER_ARRAY = TRUE) ON_ERROR = SKIP_FILE_10% FORCE = TRUE PURGE = FALSE SIZE_LIMIT = 1000"#,
            #"load(table: D.S.T, columns: [A, B], source: query({SELECT $1:a::NUMBER(38,0), T.$2 FROM '@ST/p' AS T}), files: ['a.json', 'b.json'], pattern: '.*[.]json', fileFormat: options([STRIP_OUTER_ARRAY=word('TRUE') TYPE=word('JSON')]), options: [FORCE=word('TRUE') ON_ERROR=word('SKIP_FILE_10%') PURGE=word('FALSE') SIZE_LIMIT=number(1000.0)])"#
        ),
        (
            #"COPY INTO t FROM '@~/x y/' FILE_FORMAT = my.fmt MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE"#,
            #"load(table: T, source: location(stage(stage: user, path: 'x y/')), fileFormat: named(MY.FMT), options: [MATCH_BY_COLUMN_NAME=word('CASE_INSENSITIVE')])"#
        ),
        (
            #"COPY INTO t FROM '/data/x.parquet' FILE_FORMAT = 'f' VALIDATION_MODE = RETURN_ERRORS"#,
            #"load(table: T, source: location(path('/data/x.parquet')), fileFormat: named(F), options: [VALIDATION_MODE=word('RETURN_ERRORS')])"#
        ),
        (
            #"COPY INTO @%t/out FROM t PARTITION BY ('d=' || d) FILE_FORMAT = (TYPE = PARQUET) HEADER = TRUE OVERWRITE = TRUE"#,
            #"unload(location: stage(stage: table(T), path: 'out'), source: table(T), partitionBy: 'd=' || D, fileFormat: options([TYPE=word('PARQUET')]), options: [HEADER=word('TRUE') OVERWRITE=word('TRUE')])"#
        ),
        (
            #"COPY INTO @s FROM (SELECT 1) SINGLE = TRUE MAX_FILE_SIZE = 16777216"#,
            #"unload(location: stage(stage: named(S), path: ''), source: query({SELECT 1}), options: [MAX_FILE_SIZE=number(16777216.0) SINGLE=word('TRUE')])"#
        ),
        (
            #"PUT file:///tmp/a*.csv @~/in AUTO_COMPRESS = FALSE OVERWRITE = TRUE"#,
            #"put(path: '/tmp/a*.csv', stage: (stage: user, path: 'in'), options: [AUTO_COMPRESS=word('FALSE') OVERWRITE=word('TRUE')])"#
        ),
        (
            #"PUT 'file:///tmp/my file.csv' @s.st"#,
            #"put(path: '/tmp/my file.csv', stage: (stage: named(S.ST), path: ''))"#
        ),
        (
            #"GET @%t/out file:///tmp/dir/ PARALLEL = 4"#,
            #"get(stage: (stage: table(T), path: 'out'), path: '/tmp/dir/', options: [PARALLEL=number(4.0)])"#
        ),
        (
            #"LIST @s PATTERN = '.*'"#,
            #"list(stage: (stage: named(S), path: ''), pattern: '.*')"#
        ),
        (
            #"ls @~"#,
            #"list(stage: (stage: user, path: ''))"#
        ),
        (
            #"RM @"My Stage"/x"#,
            #"remove(stage: (stage: named("My Stage"), path: 'x'))"#
        ),
        (
            #"REMOVE @d.s.t/x/y"#,
            #"remove(stage: (stage: named(D.S.T), path: 'x/y'))"#
        ),
    ]
}
