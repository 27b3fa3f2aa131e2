extension SyntaxCorpus {
    /// Queries.
    static let queries: [(sql: String, shape: String)] = [
        (
            #"SELECT DISTINCT a, t.b AS x, count(*) c, sum(distinct t.d) "Sum" FROM db.s.t t WHERE a = 1 AND NOT b LIKE 'x%' ESCAPE '!' GROUP BY ALL HAVING count(*) > 1 QUALIFY row_number() OVER (PARTITION BY a ORDER BY b DESC NULLS LAST) = 1 ORDER BY 1, x DESC LIMIT 10 OFFSET 5"#,
            #"query({SELECT DISTINCT A, T.B AS X, COUNT(*) AS C, SUM(DISTINCT T.D) AS "Sum" FROM DB.S.T AS T WHERE A = 1 AND NOT B LIKE 'x%' ESCAPE '!' GROUP BY ALL HAVING COUNT(*) > 1 QUALIFY ROW_NUMBER() OVER (PARTITION BY A ORDER BY B DESC NULLS LAST) = 1 ORDER BY 1, X DESC LIMIT 10 OFFSET 5})"#
        ),
        (
            #"SELECT * EXCLUDE (a, b) REPLACE (c + 1 AS c) RENAME (d AS e), t.* ILIKE '%x%' FROM t"#,
            #"query({SELECT * EXCLUDE (A, B) REPLACE (C + 1 AS C) RENAME (D AS E), T.* ILIKE '%x%' FROM T})"#
        ),
        (
            #"SELECT a FROM t1 JOIN t2 USING (a, b) LEFT OUTER JOIN t3 ON t1.x = t3.x FULL JOIN t4 ON TRUE CROSS JOIN t5 NATURAL JOIN t6, t7"#,
            #"query({SELECT A FROM T1 INNER JOIN T2 USING (A, B) LEFT JOIN T3 ON T1.X = T3.X FULL JOIN T4 ON TRUE CROSS JOIN T5 NATURAL INNER JOIN T6 CROSS JOIN T7})"#
        ),
        (
            #"SELECT * FROM trades t ASOF JOIN quotes q MATCH_CONDITION (t.ts >= q.ts) ON t.sym = q.sym"#,
            #"query({SELECT * FROM TRADES AS T ASOF JOIN QUOTES AS Q MATCH_CONDITION (T.TS >= Q.TS) ON T.SYM = Q.SYM})"#
        ),
        (
            #"SELECT f.value:a.b[0]::varchar, f.index FROM t, LATERAL FLATTEN(input => t.v:items, outer => true) AS f"#,
            #"query({SELECT F.VALUE:a.b[0]::VARCHAR, F.INDEX FROM T CROSS JOIN LATERAL FLATTEN(INPUT => T.V:items, OUTER => TRUE) AS F})"#
        ),
        (
            #"SELECT * FROM TABLE(GENERATOR(ROWCOUNT => 10)), TABLE(FLATTEN(t.v)) f (a, b)"#,
            #"query({SELECT * FROM TABLE(GENERATOR(ROWCOUNT => 10)) CROSS JOIN LATERAL FLATTEN(T.V) AS F (A, B)})"#
        ),
        (
            #"SELECT $1, t.$2:x FROM @stage/path/file.csv.gz (FILE_FORMAT => 'my_csv', PATTERN => '.*') t"#,
            #"query({SELECT $1, T.$2:x FROM '@STAGE/path/file.csv.gz' (FILE_FORMAT => 'my_csv', PATTERN => '.*') AS T})"#
        ),
        (
            #"SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v (n, s)"#,
            #"query({SELECT * FROM VALUES (1, 'a'), (2, 'b') AS V (N, S)})"#
        ),
        (
            #"SELECT * FROM (VALUES (1), (2)) v (n) UNION ALL SELECT 3 EXCEPT SELECT 4 INTERSECT SELECT 5 MINUS (SELECT 6 ORDER BY 1 LIMIT 1)"#,
            #"query({SELECT * FROM (VALUES (1), (2)) AS V (N) UNION ALL SELECT 3 EXCEPT SELECT 4 INTERSECT SELECT 5 EXCEPT (SELECT 6 ORDER BY 1 LIMIT 1)})"#
        ),
        (
            #"SELECT a, b, sum(c) FROM t GROUP BY a, ROLLUP (b, (c, d)), CUBE (e)"#,
            #"query({SELECT A, B, SUM(C) FROM T GROUP BY GROUPING SETS ((A, B, C, D, E), (A, B, C, D), (A, B, E), (A, B), (A, E), (A))})"#
        ),
        (
            #"SELECT a FROM t GROUP BY GROUPING SETS ((a, b), a, (), ROLLUP (c))"#,
            #"query({SELECT A FROM T GROUP BY GROUPING SETS ((A, B), (A), (), (C), ())})"#
        ),
        (
            #"WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 10), s AS (SELECT 2) SELECT * FROM r, s"#,
            #"query({WITH RECURSIVE R (N) AS (SELECT 1 UNION ALL SELECT N + 1 FROM R WHERE N < 10), S AS (SELECT 2) SELECT * FROM R CROSS JOIN S})"#
        ),
        (
            #"SELECT * FROM sales PIVOT (SUM(amount) FOR month IN ('JAN' AS jan, 'FEB')) AS p (id, jan, feb)"#,
            #"query({SELECT * FROM SALES PIVOT (SUM(AMOUNT) FOR MONTH IN ('JAN' AS JAN, 'FEB')) AS P (ID, JAN, FEB)})"#
        ),
        (
            #"SELECT * FROM t UNPIVOT INCLUDE NULLS (amount FOR month IN (jan AS 'January', feb))"#,
            #"query({SELECT * FROM T UNPIVOT INCLUDE NULLS (AMOUNT FOR MONTH IN (JAN AS 'January', FEB))})"#
        ),
        (
            #"SELECT TOP 5 x, FROM t SAMPLE (10) SEED (3) ORDER BY ALL DESC NULLS FIRST"#,
            #"query({SELECT TOP 5 X FROM T SAMPLE (10.0) SEED (3) ORDER BY ALL DESC NULLS FIRST})"#
        ),
        (
            #"SELECT * FROM t TABLESAMPLE BERNOULLI (100 ROWS) x FETCH FIRST 3 ROWS ONLY"#,
            #"query({SELECT * FROM T AS X SAMPLE (100 ROWS) LIMIT 3})"#
        ),
        (
            #"SELECT sum(a) OVER w, lag(b, 1) IGNORE NULLS OVER (w ORDER BY c ROWS BETWEEN 1 PRECEDING AND UNBOUNDED FOLLOWING) FROM t WINDOW w AS (PARTITION BY x)"#,
            #"query({SELECT SUM(A) OVER W, LAG(B, 1) IGNORE NULLS OVER (W ORDER BY C ROWS BETWEEN 1 PRECEDING AND UNBOUNDED FOLLOWING) FROM T WINDOW W AS (PARTITION BY X)})"#
        ),
        (
            #"SELECT listagg(DISTINCT a, ',') WITHIN GROUP (ORDER BY a DESC), avg(x) OVER (ORDER BY d RANGE BETWEEN INTERVAL '1 day' PRECEDING AND CURRENT ROW)"#,
            #"query({SELECT LISTAGG(DISTINCT A, ',') WITHIN GROUP (ORDER BY A DESC), AVG(X) OVER (ORDER BY D RANGE BETWEEN INTERVAL '1 day' PRECEDING AND CURRENT ROW)})"#
        ),
        (
            #"SELECT CASE WHEN a THEN 1 ELSE 2 END, CASE x WHEN 1 THEN 'a' END, a IN (1, 2), (a, b) NOT IN (SELECT 1, 2), x BETWEEN 1 AND 2 AND y"#,
            #"query({SELECT CASE WHEN A THEN 1 ELSE 2 END, CASE X WHEN 1 THEN 'a' END, A IN (1, 2), (A, B) NOT IN (SELECT 1, 2), X BETWEEN 1 AND 2 AND Y})"#
        ),
        (
            #"SELECT EXTRACT(year FROM d), POSITION('a' IN b), SUBSTRING(x FROM 2 FOR 3), TRIM(BOTH ' ' FROM x), CAST(x AS NUMBER(10, 2)), TRY_CAST(y AS DATE)"#,
            #"query({SELECT DATE_PART('YEAR', D), POSITION('a', B), SUBSTRING(X, 2, 3), TRIM(X, ' '), X::NUMBER(10,2), TRY_CAST(Y AS DATE)})"#
        ),
        (
            #"SELECT DATE '2024-01-01' + INTERVAL '1 year, 3 days', TIMESTAMP '2024-01-01 00:00:00', current_date, CURRENT_TIMESTAMP()"#,
            #"query({SELECT DATE '2024-01-01' + INTERVAL '1 year, 3 day', TIMESTAMP_NTZ '2024-01-01 00:00:00', CURRENT_DATE, CURRENT_TIMESTAMP})"#
        ),
        (
            #"SELECT x = ANY (SELECT 1), y <> ALL (SELECT 2), EXISTS (SELECT 3), (SELECT 4), a LIKE ANY ('x', 'y'), b NOT ILIKE ALL ('z')"#,
            #"query({SELECT X = ANY (SELECT 1), Y <> ALL (SELECT 2), EXISTS (SELECT 3), (SELECT 4), A LIKE ANY ('x', 'y'), B NOT ILIKE ALL ('z')})"#
        ),
        (
            #"SELECT [1, 2, [3]][0], {'a': 1, 'b': v:c}, $$raw 'x' \n$$, 'it''s \u00e9\n', -a::int, $var, x IS NOT DISTINCT FROM NULL"#,
            #"query({SELECT [1, 2, [3]][0], {'a': 1, 'b': V:c}, 'raw ''x'' \\n', 'it''s é\n', -A::NUMBER(38,0), $VAR, X IS NOT DISTINCT FROM NULL})"#
        ),
        (
            #"((SELECT 1) UNION (SELECT 2)) ORDER BY 1"#,
            #"query({SELECT 1 UNION SELECT 2 ORDER BY 1})"#
        ),
        (
            #"SELECT * FROM ((SELECT 1) UNION ALL (SELECT 2)) x, (a JOIN b ON a.i = b.i), LATERAL (SELECT * FROM c WHERE c.i = a.i) l"#,
            #"query({SELECT * FROM (SELECT 1 UNION ALL SELECT 2) AS X CROSS JOIN (A INNER JOIN B ON A.I = B.I) CROSS JOIN LATERAL (SELECT * FROM C WHERE C.I = A.I) AS L})"#
        ),
        (
            #"SELECT date, value, type, "order", x.time FROM t AS date"#,
            #"query({SELECT DATE, VALUE, TYPE, "order", X.TIME FROM T AS DATE})"#
        ),
    ]
}
