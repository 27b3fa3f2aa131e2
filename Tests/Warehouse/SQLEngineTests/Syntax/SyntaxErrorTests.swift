import SQLEngine
import Testing

@Suite struct SyntaxErrorTests {
    private func error(_ sql: String) -> SQLError? {
        do throws(SQLError) {
            _ = try SQLParser.parse(sql)
            return nil
        } catch {
            return error
        }
    }

    /// A statement in which `^` marks where the error is, and a part of the message.
    @Test(arguments: [
        ("SELECT a ^== b", "equality is written '='"), ("SELECT ^`a`", "double quotes"),
        ("SELECT 1 ^# x", "no comment"),
        ("SELECT 1 FROM t LIMIT 5^, 10", "LIMIT count OFFSET"),
        ("SELECT a b ^c FROM t", "comma or an operator"),
        ("^FROM t SELECT a", "FROM stands behind"), ("SELECT a, ^, b", "','"),
        ("SELECT ^FROM t", "a column or another"),
        ("SELECT f(a ^b)", "comma or an operator"), ("SELECT 'abc' ^'def'", "double quotes"),
        ("SELECT a FROM t WHERE a > ^", "end of the text"), ("SELECT ^'abc", "no closing quote"),
        ("SELECT ^\"abc", "no closing quote"), ("SELECT 1 ^/* x", "no closing */"),
        ("SELECT ^$$ x", "no closing $$"),
        ("SELECT a FROM t GROUP BY a ^WHERE b", "the order is"),
        ("SELECT a AS ^order FROM t", "ORDER is a reserved word"),
        ("SELECT case ^FROM t", "an expression"), ("SELECT ^1abc", "begins with a digit"),
        ("SELECT ^INTERVAL 1 DAY", "stands in quotes"), ("SELECT INTERVAL ^'1.5 days'", "whole numbers"),
        ("SELECT INTERVAL ^'1 fortnight'", "no unit"), ("SELECT INTERVAL ^'day'", "whole number"),
        ("SELECT a FROM t ORDER BY a ^UNION SELECT 1", "needs parentheses before a set operator"),
        ("SELECT a = ANY (^1, 2)", "IN"), ("SELECT a IN ^b", "ARRAY_CONTAINS"), ("SELECT a ^IN ()", "empty"),
        ("SELECT x FROM a LEFT JOIN b ^WHERE 1", "ON or USING"),
        ("SELECT x FROM a CROSS JOIN b ^ON 1", "INNER JOIN"),
        ("SELECT x FROM ^'t'", "double quotes"), ("SELECT x FROM f^(1)", "TABLE(F("),
        ("SELECT x FROM ^SELECT 1", "parentheses"),
        ("SELECT * ^EXCEPT (a) FROM t", "EXCLUDE"), ("SELECT * ^AS x FROM t", "no alias"),
        ("SELECT a + ^*", "'*'"),
        ("SELECT a FROM t OFFSET 1 ^LIMIT 2", "before OFFSET"),
        ("SELECT a FROM t LIMIT ^ALL", "leave the clause out"),
        ("VALUES (1, 2), ^(3)", "different lengths"),
        ("SELECT a FROM t GROUP BY (b, ^CUBE (c))", "not in parentheses"),
        ("SELECT CAST(a^, int)", "CAST(x AS type)"),
        ("SELECT a::^json", "JSON is VARIANT"), ("SELECT a::number(^39)", "38"),
        ("SELECT a::number(5, ^6)", "5 digits"),
        ("SELECT a::varchar(^0)", "at least 1"), ("SELECT a ^! b", "NOT"), ("SELECT a ^& b", "BITAND"),
        ("SELECT a ^** b", "POWER"), ("SELECT array_agg(a ^ORDER BY b)", "WITHIN GROUP"),
        ("SELECT ^:x", "bind variables"),
        ("SELECT sum(a) OVER (ROWS BETWEEN ^CURRENT ROW AND 1 PRECEDING)", "ends before it starts"),
        ("SELECT a FROM t AS ^'x'", "double quotes"), ("SELECT '^\\u12'", "four hexadecimal"),
        ("SELECT ^$0", "from $1"),
        ("CREATE ^TABEL t (a INT)", "TABLE, VIEW"), ("CREATE TABLE t (a ^INT64)", "INTEGER"),
        ("CREATE TABLE t (^a)", "needs a type"),
        ("CREATE TABLE t (a INT, ^a INT)", "twice"), ("CREATE TABLE t (a INT ^b INT)", "')' or ','"),
        ("CREATE TABLE t^", "columns"),
        ("CREATE OR REPLACE TABLE ^IF NOT EXISTS t (a INT)", "exclude each other"),
        ("INSERT INTO t (a, b) VALUES ^(1)", "2 columns, but 1 values"), ("INSERT ^t VALUES (1)", "INTO"),
        ("UPDATE t SET ^u.a = 1", "no column of the table"),
        ("UPDATE t a SET ^t.a = 1", "no column of the table"),
        ("DELETE ^t", "FROM"), ("MERGE INTO t USING s ON a = b^", "WHEN"),
        ("COPY INTO t FROM @s ^ON_EROR = x", "no option ON_EROR"),
        ("SELECT 1; ^SELECT 2", "Only one statement"), ("SELECT 1^)", "no parenthesis"),
        ("^foo bar", "a statement"),
        ("^SELCT 1", "is SELECT meant"), ("SELECT f(a => 1, ^2)", "come first"),
        ("SELECT ^a.b.c.d.e", "v:a.b"),
    ])
    func errorsSayWhereAndHow(marked: String, part: String) {
        let place = marked.utf8.firstIndex(of: UInt8(ascii: "^")).map {
            marked.utf8.distance(from: marked.utf8.startIndex, to: $0)
        }
        let sql = marked.replacing("^", with: "")
        guard let error = error(sql) else {
            Issue.record("no error: \(sql)")
            return
        }
        #expect(error.code == .syntax, "\(sql): \(error.message)")
        #expect(error.position == place, "\(sql): \(error.position ?? -1) \(error.message)")
        #expect(error.message.contains(part), "\(sql): \(error.message)")
    }

    @Test(arguments: [
        "CALL p()", "CREATE FUNCTION f() RETURNS INT AS '1'", "CREATE OR REPLACE PROCEDURE p() AS ''",
        "CREATE TASK t AS SELECT 1",
        "CREATE STREAM s ON TABLE t", "CREATE PIPE p AS COPY INTO t FROM @s", "CREATE ROLE r",
        "CREATE EXTERNAL TABLE t (a INT)",
        "CREATE MATERIALIZED VIEW v AS SELECT 1", "CREATE UNIQUE INDEX i ON t (a)", "UNDROP TABLE t",
        "CREATE USER u",
        "BEGIN SELECT 1; END", "DECLARE x INT", "EXECUTE IMMEDIATE 'x'", "SELECT a::GEOGRAPHY",
        "SELECT a::VECTOR(FLOAT, 3)",
        "SELECT a::MAP(VARCHAR, INT)", "SELECT a::ARRAY(INT)", "CREATE TABLE t (a VARCHAR COLLATE 'en')",
        "SELECT a COLLATE 'en'",
        "SELECT * FROM t AT (OFFSET => -60)", "SELECT * FROM t MATCH_RECOGNIZE (x)",
        "SELECT a FROM t CONNECT BY x = y",
        "SELECT a INTO b FROM t", "SELECT 1 UNION BY NAME SELECT 2", "SELECT 1 EXCEPT ALL SELECT 2",
        "SELECT filter(a, x -> x > 1)",
        "INSERT ALL INTO t SELECT 1", "MERGE INTO t USING s ON a = b WHEN MATCHED THEN UPDATE ALL BY NAME",
        "SELECT ?",
        "SELECT * FROM t PIVOT (SUM(a) FOR b IN (ANY))", "SELECT a FROM t LEFT SEMI JOIN u ON 1 = 1",
        "SHOW WAREHOUSES",
        "SELECT x AT TIME ZONE 'UTC'", "SELECT count(*) FILTER (WHERE a)",
        "CREATE TABLE t (a INT CHECK (a > 0))",
        "SELECT * FROM a ->> SELECT 1", "SELECT a LIKE ANY (SELECT 'x')", "ALTER STAGE s SET URL = 'x'",
        "CREATE TABLE t CLONE u AT (OFFSET => 1)",
    ])
    func whatSnowflakeHasAndWeHaveNotSaysSo(sql: String) {
        let error = error(sql)
        #expect(error?.code == .unsupported, "\(sql): \(error?.message ?? "parsed")")
        #expect(error?.message.contains("not supported") == true, "\(sql): \(error?.message ?? "parsed")")
        #expect(error?.position != nil)
    }
}
