extension SyntaxCorpus {
    /// Statements that define things.
    static let definitions: [(sql: String, shape: String)] = [
        (
            #"CREATE TABLE t (a INT)"#,
            #"createTable(name: T, persistence: permanent, columns: [(name: A, type: NUMBER(38,0))], source: columns)"#
        ),
        (
            #"create or replace transient table db.s.t (a number(10,2) not null, b varchar(20) default 'x' comment 'b''s', c char, d timestamp_ntz(3) null, e double precision,)"#,
            #"createTable(name: DB.S.T, replaces, persistence: transient, columns: [(name: A, type: NUMBER(10,2), isNotNull), (name: B, type: VARCHAR(20), defaultValue: 'x', comment: 'b's'), (name: C, type: VARCHAR(1)), (name: D, type: TIMESTAMP_NTZ(3)), (name: E, type: FLOAT)], source: columns)"#
        ),
        (
            #"CREATE TEMPORARY TABLE IF NOT EXISTS t (id INT AUTOINCREMENT (5, 2) PRIMARY KEY, n INT IDENTITY START 1 INCREMENT 1 NOORDER, u INT UNIQUE, p INT REFERENCES o (id) NOT ENFORCED)"#,
            #"createTable(name: T, ifNotExists, persistence: temporary, columns: [(name: ID, type: NUMBER(38,0), identity: (start: 5, step: 2), constraints: [(kind: primaryKey, columns: [ID])]), (name: N, type: NUMBER(38,0), identity: (start: 1, step: 1)), (name: U, type: NUMBER(38,0), constraints: [(kind: unique, columns: [U])]), (name: P, type: NUMBER(38,0), constraints: [(kind: foreignKey(O, [ID]), columns: [P])])], source: columns)"#
        ),
        (
            #"CREATE TABLE t (a INT, b INT, CONSTRAINT pk PRIMARY KEY (a, b) RELY, UNIQUE (b), FOREIGN KEY (b) REFERENCES s.o ON DELETE CASCADE)"#,
            #"createTable(name: T, persistence: permanent, columns: [(name: A, type: NUMBER(38,0)), (name: B, type: NUMBER(38,0))], constraints: [(name: PK, kind: primaryKey, columns: [A, B]), (kind: unique, columns: [B]), (kind: foreignKey(S.O), columns: [B])], source: columns)"#
        ),
        (
            #"CREATE TABLE t (a DATE) CLUSTER BY (a, TO_DATE(b)) COMMENT = 'c' DATA_RETENTION_TIME_IN_DAYS = 1 CHANGE_TRACKING = TRUE STAGE_FILE_FORMAT = (TYPE = CSV SKIP_HEADER = 1) COPY GRANTS"#,
            #"createTable(name: T, persistence: permanent, columns: [(name: A, type: DATE)], clusterBy: [A, TO_DATE(B)], comment: 'c', copiesGrants, options: [CHANGE_TRACKING=word('TRUE') DATA_RETENTION_TIME_IN_DAYS=number(1.0) STAGE_FILE_FORMAT=options([SKIP_HEADER=number(1.0) TYPE=word('CSV')])], source: columns)"#
        ),
        (
            #"CREATE TABLE t AS SELECT 1 AS a"#,
            #"createTable(name: T, persistence: permanent, source: query({SELECT 1 AS A}))"#
        ),
        (
            #"CREATE TABLE t (a, b) CLUSTER BY (a) AS SELECT 1, 2"#,
            #"createTable(name: T, persistence: permanent, columns: [(name: A), (name: B)], clusterBy: [A], source: query({SELECT 1, 2}))"#
        ),
        (
            #"CREATE TABLE t LIKE u"#,
            #"createTable(name: T, persistence: permanent, source: like(U))"#
        ),
        (
            #"CREATE TABLE t CLONE s.u COPY GRANTS"#,
            #"createTable(name: T, persistence: permanent, copiesGrants, source: clone(S.U))"#
        ),
        (
            #"CREATE OR REPLACE SECURE VIEW v (a, b COMMENT 'x') COMMENT = 'the view' COPY GRANTS AS  SELECT 1, 2 ;"#,
            #"createView(name: V, replaces, isSecure, persistence: permanent, columns: [(name: A), (name: B, comment: 'x')], comment: 'the view', copiesGrants, query: {SELECT 1, 2}, queryText: 88..<99)"#
        ),
        (
            #"CREATE RECURSIVE VIEW IF NOT EXISTS v AS (WITH w AS (SELECT 1) SELECT * FROM w)"#,
            #"createView(name: V, ifNotExists, isRecursive, persistence: permanent, query: {WITH W AS (SELECT 1) SELECT * FROM W}, queryText: 41..<79)"#
        ),
        (
            #"CREATE TEMP VIEW v AS VALUES (1)"#,
            #"createView(name: V, persistence: temporary, query: {VALUES (1)}, queryText: 22..<32)"#
        ),
        (
            #"CREATE OR REPLACE TRANSIENT SCHEMA d.s"#,
            #"createContainer(kind: schema, name: D.S, replaces, isTransient)"#
        ),
        (
            #"CREATE DATABASE IF NOT EXISTS d COMMENT = 'x' DATA_RETENTION_TIME_IN_DAYS = 0"#,
            #"createContainer(kind: database, name: D, ifNotExists, comment: 'x', options: [DATA_RETENTION_TIME_IN_DAYS=number(0.0)])"#
        ),
        (
            #"CREATE TEMP STAGE s URL = 'file:///data' FILE_FORMAT = (TYPE = JSON STRIP_OUTER_ARRAY = TRUE) COMMENT = 'x'"#,
            #"createStage(name: S, isTemporary, url: 'file:///data', fileFormat: options([STRIP_OUTER_ARRAY=word('TRUE') TYPE=word('JSON')]), comment: 'x')"#
        ),
        (
            #"CREATE STAGE IF NOT EXISTS s FILE_FORMAT = (FORMAT_NAME = 'f') DIRECTORY = (ENABLE = TRUE)"#,
            #"createStage(name: S, ifNotExists, fileFormat: named(F), options: [DIRECTORY=options([ENABLE=word('TRUE')])])"#
        ),
        (
            #"CREATE FILE FORMAT f TYPE = CSV FIELD_DELIMITER = '|', NULL_IF = ('', 'NULL') SKIP_HEADER = 1"#,
            #"createFileFormat(name: F, options: [FIELD_DELIMITER=string('|') NULL_IF=list([string(''), string('NULL')]) SKIP_HEADER=number(1.0) TYPE=word('CSV')])"#
        ),
        (
            #"CREATE SEQUENCE s START WITH 10 INCREMENT BY -2 NOORDER COMMENT = 'x'"#,
            #"createSequence(name: S, start: 10, increment: -2, comment: 'x')"#
        ),
        (
            #"DROP TABLE IF EXISTS d.s.t CASCADE"#,
            #"drop(kind: table, name: D.S.T, ifExists)"#
        ),
        (
            #"DROP VIEW v RESTRICT"#,
            #"drop(kind: view, name: V, isRestricted)"#
        ),
        (
            #"DROP FILE FORMAT IF EXISTS f"#,
            #"drop(kind: fileFormat, name: F, ifExists)"#
        ),
        (
            #"DROP DATABASE d"#,
            #"drop(kind: database, name: D)"#
        ),
        (
            #"TRUNCATE TABLE IF EXISTS t"#,
            #"truncate(table: T, ifExists)"#
        ),
        (
            #"TRUNCATE t"#,
            #"truncate(table: T)"#
        ),
        (
            #"ALTER TABLE IF EXISTS t RENAME TO s.u"#,
            #"alterTable(name: T, ifExists, action: rename(S.U))"#
        ),
        (
            #"ALTER TABLE t ADD COLUMN IF NOT EXISTS a INT DEFAULT 0, b VARCHAR NOT NULL"#,
            #"alterTable(name: T, action: addColumns([(name: A, type: NUMBER(38,0), defaultValue: 0), (name: B, type: VARCHAR, isNotNull)], ifNotExists))"#
        ),
        (
            #"ALTER TABLE t ADD CONSTRAINT c UNIQUE (a)"#,
            #"alterTable(name: T, action: addConstraint(name: C, kind: unique, columns: [A]))"#
        ),
        (
            #"ALTER TABLE t DROP COLUMN IF EXISTS a, b"#,
            #"alterTable(name: T, action: dropColumns([A, B], ifExists))"#
        ),
        (
            #"ALTER TABLE t RENAME COLUMN a TO b"#,
            #"alterTable(name: T, action: renameColumn(A, to: B))"#
        ),
        (
            #"ALTER TABLE t ALTER COLUMN a SET DATA TYPE NUMBER(20, 4)"#,
            #"alterTable(name: T, action: alterColumns([(column: A, change: setType(NUMBER(20,4)))]))"#
        ),
        (
            #"ALTER TABLE t MODIFY a TYPE VARCHAR(50), COLUMN b DROP NOT NULL, c SET NOT NULL"#,
            #"alterTable(name: T, action: alterColumns([(column: A, change: setType(VARCHAR(50))), (column: B, change: dropNotNull), (column: C, change: setNotNull)]))"#
        ),
        (
            #"ALTER TABLE t MODIFY (a SET DEFAULT 5, b DROP DEFAULT, c COMMENT 'x')"#,
            #"alterTable(name: T, action: alterColumns([(column: A, change: setDefault(5)), (column: B, change: dropDefault), (column: C, change: comment('x'))]))"#
        ),
        (
            #"ALTER TABLE t CLUSTER BY LINEAR (a, b)"#,
            #"alterTable(name: T, action: clusterBy([A, B]))"#
        ),
        (
            #"ALTER TABLE t DROP CLUSTERING KEY"#,
            #"alterTable(name: T, action: dropClusteringKey)"#
        ),
        (
            #"ALTER TABLE t SWAP WITH u"#,
            #"alterTable(name: T, action: swap(with: U))"#
        ),
        (
            #"ALTER TABLE t SET COMMENT = 'x', DATA_RETENTION_TIME_IN_DAYS = 3"#,
            #"alterTable(name: T, action: set([COMMENT=string('x') DATA_RETENTION_TIME_IN_DAYS=number(3.0)]))"#
        ),
        (
            #"ALTER TABLE t UNSET COMMENT, CHANGE_TRACKING"#,
            #"alterTable(name: T, action: unset(['COMMENT', 'CHANGE_TRACKING']))"#
        ),
        (
            #"ALTER VIEW v RENAME TO w"#,
            #"alterView(name: V, action: rename(W))"#
        ),
        (
            #"ALTER VIEW IF EXISTS v SET COMMENT = 'x'"#,
            #"alterView(name: V, ifExists, action: comment('x'))"#
        ),
        (
            #"ALTER SESSION SET TIMEZONE = 'UTC' QUERY_TAG = 'a', WEEK_START = 1"#,
            #"alterSession(action: set([QUERY_TAG=string('a') TIMEZONE=string('UTC') WEEK_START=number(1.0)]))"#
        ),
        (
            #"ALTER SESSION UNSET TIMEZONE, QUERY_TAG"#,
            #"alterSession(action: unset(['TIMEZONE', 'QUERY_TAG']))"#
        ),
        (
            #"ALTER SCHEMA d.s RENAME TO d.u"#,
            #"alterContainer(kind: schema, name: D.S, action: rename(D.U))"#
        ),
        (
            #"ALTER DATABASE IF EXISTS d RENAME TO e"#,
            #"alterContainer(kind: database, name: D, ifExists, action: rename(E))"#
        ),
        (
            #"COMMENT IF EXISTS ON TABLE t IS 'text'"#,
            #"comment(kind: table, name: T, text: 'text', ifExists)"#
        ),
        (
            #"COMMENT ON COLUMN s.t.c IS $$it's$$"#,
            #"comment(kind: column, name: S.T.C, text: 'it's')"#
        ),
    ]
}
