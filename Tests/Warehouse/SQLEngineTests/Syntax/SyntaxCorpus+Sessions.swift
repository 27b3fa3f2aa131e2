extension SyntaxCorpus {
    /// Statements about the session and the catalog.
    static let sessions: [(sql: String, shape: String)] = [
        (
            #"DESCRIBE TABLE d.s.t"#,
            #"describe(target: object(table, D.S.T))"#
        ),
        (
            #"DESC v"#,
            #"describe(target: object(table, V))"#
        ),
        (
            #"DESC VIEW v"#,
            #"describe(target: object(view, V))"#
        ),
        (
            #"DESC FILE FORMAT f"#,
            #"describe(target: object(fileFormat, F))"#
        ),
        (
            #"DESCRIBE STAGE s"#,
            #"describe(target: object(stage, S))"#
        ),
        (
            #"DESC RESULT LAST_QUERY_ID()"#,
            #"describe(target: result(LAST_QUERY_ID()))"#
        ),
        (
            #"DESC RESULT 'abc'"#,
            #"describe(target: result('abc'))"#
        ),
        (
            #"DESC TABLE t TYPE = COLUMNS"#,
            #"describe(target: object(table, T))"#
        ),
        (
            #"SHOW TABLES"#,
            #"show(kind: tables)"#
        ),
        (
            #"SHOW TERSE TABLES HISTORY LIKE 'a%' IN SCHEMA d.s STARTS WITH 'A' LIMIT 10 FROM 'B'"#,
            #"show(kind: tables, isTerse, history, like: 'a%', scope: schema(D.S), startsWith: 'A', limit: 10, from: 'B')"#
        ),
        (
            #"SHOW VIEWS IN ACCOUNT"#,
            #"show(kind: views, scope: account)"#
        ),
        (
            #"SHOW OBJECTS IN DATABASE"#,
            #"show(kind: objects, scope: database(nil))"#
        ),
        (
            #"SHOW SCHEMAS IN DATABASE d"#,
            #"show(kind: schemas, scope: database(D))"#
        ),
        (
            #"SHOW DATABASES"#,
            #"show(kind: databases)"#
        ),
        (
            #"SHOW COLUMNS IN TABLE t"#,
            #"show(kind: columns, scope: table(T))"#
        ),
        (
            #"SHOW COLUMNS IN t"#,
            #"show(kind: columns, scope: unqualified(T))"#
        ),
        (
            #"SHOW STAGES"#,
            #"show(kind: stages)"#
        ),
        (
            #"SHOW FILE FORMATS LIKE 'x'"#,
            #"show(kind: fileFormats, like: 'x')"#
        ),
        (
            #"SHOW FUNCTIONS"#,
            #"show(kind: functions)"#
        ),
        (
            #"SHOW PARAMETERS LIKE 'T%' IN SESSION"#,
            #"show(kind: parameters, like: 'T%', scope: session)"#
        ),
        (
            #"SHOW VARIABLES"#,
            #"show(kind: variables)"#
        ),
        (
            #"SHOW PRIMARY KEYS IN t"#,
            #"show(kind: primaryKeys, scope: unqualified(T))"#
        ),
        (
            #"USE DATABASE d"#,
            #"use(target: database(D))"#
        ),
        (
            #"USE SCHEMA d.s"#,
            #"use(target: schema(D.S))"#
        ),
        (
            #"USE d.s"#,
            #"use(target: unqualified(D.S))"#
        ),
        (
            #"USE ROLE r"#,
            #"use(target: role(R))"#
        ),
        (
            #"USE WAREHOUSE w"#,
            #"use(target: warehouse(W))"#
        ),
        (
            #"USE SECONDARY ROLES ALL"#,
            #"use(target: secondaryRoles)"#
        ),
        (
            #"USE d"#,
            #"use(target: unqualified(D))"#
        ),
        (
            #"EXPLAIN SELECT 1"#,
            #"explain(format: tabular, statement: query({SELECT 1}))"#
        ),
        (
            #"EXPLAIN ANALYZE USING TEXT DELETE FROM t"#,
            #"explain(isAnalyzed, format: text, statement: delete(table: T))"#
        ),
        (
            #"EXPLAIN USING JSON INSERT INTO t VALUES (1)"#,
            #"explain(format: json, statement: insert(table: T, source: rows([[1]])))"#
        ),
        (
            #"BEGIN"#,
            #"begin()"#
        ),
        (
            #"BEGIN TRANSACTION NAME x"#,
            #"begin(name: X)"#
        ),
        (
            #"START TRANSACTION"#,
            #"begin()"#
        ),
        (
            #"COMMIT WORK"#,
            #"commit()"#
        ),
        (
            #"ROLLBACK"#,
            #"rollback()"#
        ),
        (
            #"SET x = 1 + 1"#,
            #"setVariables([(name: X, value: 1 + 1)])"#
        ),
        (
            #"SET (a, b) = (1, (SELECT 2))"#,
            #"setVariables([(name: A, value: 1), (name: B, value: (SELECT 2))])"#
        ),
        (
            #"UNSET x"#,
            #"unsetVariables([X])"#
        ),
        (
            #"UNSET (a, b)"#,
            #"unsetVariables([A, B])"#
        ),
        (
            #"GRANT SELECT ON TABLE t TO ROLE r"#,
            #"ignored(reason: 'GRANT has no effect: an embedded database has neither users nor roles')"#
        ),
        (
            #"REVOKE ALL ON t FROM r"#,
            #"ignored(reason: 'REVOKE has no effect: an embedded database has neither users nor roles')"#
        ),
        (
            #"CREATE WAREHOUSE w WITH WAREHOUSE_SIZE = SMALL"#,
            #"ignored(reason: 'CREATE WAREHOUSE has no effect: an embedded database computes by itself')"#
        ),
        (
            #"ALTER WAREHOUSE w SUSPEND"#,
            #"ignored(reason: 'ALTER WAREHOUSE has no effect: an embedded database computes by itself')"#
        ),
        (
            #"DROP WAREHOUSE IF EXISTS w"#,
            #"ignored(reason: 'DROP WAREHOUSE has no effect: an embedded database computes by itself')"#
        ),
    ]
}
