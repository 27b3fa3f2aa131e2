import SQLEngine
import Testing

@Suite struct ExpressionParsingTests {
    private func text(_ sql: String) throws -> String { try SQLParser.parseExpression(sql).sqlText }

    /// The text has parentheses just where the tree is not what precedence would make of it.
    @Test(arguments: [
        ("1 + 2 * 3", "1 + 2 * 3"), ("(1 + 2) * 3", "(1 + 2) * 3"), ("1 - (2 - 3)", "1 - (2 - 3)"),
        ("1 - 2 - 3", "1 - 2 - 3"), ("(1 - 2) - 3", "1 - 2 - 3"), ("a * (b / c)", "A * (B / C)"),
        ("a OR b AND c", "A OR B AND C"), ("(a OR b) AND c", "(A OR B) AND C"), ("NOT a = b", "NOT A = B"),
        ("(NOT a) = b", "(NOT A) = B"), ("NOT a AND b", "NOT A AND B"), ("NOT (a AND b)", "NOT (A AND B)"),
        ("-a::int", "-A::NUMBER(38,0)"), ("(-a)::int", "(-A)::NUMBER(38,0)"), ("-a * b", "-A * B"),
        ("-(a * b)", "-(A * B)"), ("- - 1", "- -1"), ("a || b || c", "A || B || C"),
        ("a || (b || c)", "A || B || C"),
        ("a = b IS NULL", "A = B IS NULL"), ("a = (b IS NULL)", "A = (B IS NULL)"),
        ("a + 1 BETWEEN b AND c + 1 AND d", "A + 1 BETWEEN B AND C + 1 AND D"),
        ("a NOT BETWEEN 1 AND 2 OR NOT b IN (1)", "A NOT BETWEEN 1 AND 2 OR NOT B IN (1)"),
        ("a != b", "A <> B"), ("a <= b = c", "A <= B = C"), ("a % 2 = 0", "A % 2 = 0"),
        ("x::number(5, 2)::varchar", "X::NUMBER(5,2)::VARCHAR"), ("cast(x + 1 as float)", "(X + 1)::FLOAT"),
        (
            "a regexp 'x' and b rlike 'y' and c not regexp 'z'",
            "A RLIKE 'x' AND B RLIKE 'y' AND C NOT RLIKE 'z'"
        ),
        ("a is not true or b is false", "A IS NOT TRUE OR B IS FALSE"), ("((a))", "A"),
        ("case a when 1 then 2 end + 1", "CASE A WHEN 1 THEN 2 END + 1"),
        ("a = some (select 1)", "A = ANY (SELECT 1)"),
    ])
    func operatorsBindAsTheyShould(sql: String, expected: String) throws {
        #expect(try text(sql) == expected)
    }

    @Test(arguments: [
        ("v:a.B['c'][0].\"d e\"", "V:a.B.c[0].\"d e\""), ("v:select:from", "V:select.from"), ("v[0]", "V[0]"),
        ("v[i + 1]:x", "V[I + 1].x"), ("v['a']", "V:a"),
        ("parse_json('{}'):a::int", "PARSE_JSON('{}'):a::NUMBER(38,0)"),
        ("t.v:a", "T.V:a"), ("$1:a", "$1:a"), ("(v:a):b", "V:a:b"),
    ])
    func pathsLeadIntoVariants(sql: String, expected: String) throws {
        let text = try text(sql)
        // A path upon a path in parentheses is one path in the text.
        #expect(text == expected || text == expected.replacing(":a:b", with: ":a.b"))
    }

    @Test(arguments: [
        ("count(*)", "COUNT(*)"), ("count(t.*)", "COUNT(T.*)"), ("f()", "F()"),
        ("db.s.f(a, 1)", "DB.S.F(A, 1)"),
        ("sum(all a)", "SUM(A)"), ("f(a, x => 1, y => 'b')", "F(A, X => 1, Y => 'b')"),
        ("first_value(a ignore nulls) over (order by b)", "FIRST_VALUE(A) IGNORE NULLS OVER (ORDER BY B)"),
        ("first_value(a) respect nulls over w", "FIRST_VALUE(A) OVER W"), ("left(a, 1)", "LEFT(A, 1)"),
        ("insert(a, 1, 2, b)", "INSERT(A, 1, 2, B)"), ("like(a, b)", "LIKE(A, B)"),
        ("replace(a, b)", "REPLACE(A, B)"),
        ("date('2024-01-01')", "DATE('2024-01-01')"), ("dateadd(day, 1, d)", "DATEADD(DAY, 1, D)"),
        ("extract('month' from d)", "DATE_PART('MONTH', D)"), ("position('a', b, 2)", "POSITION('a', B, 2)"),
        ("substr(a, 1)", "SUBSTR(A, 1)"), ("substring(a from 2)", "SUBSTRING(A, 2)"), ("trim(a)", "TRIM(A)"),
        ("trim(a, 'x')", "TRIM(A, 'x')"), ("trim(leading 'x' from a)", "LTRIM(A, 'x')"),
        ("trim(trailing from a)", "RTRIM(A)"), ("trim('x' from a)", "TRIM(A, 'x')"),
        ("current_timestamp", "CURRENT_TIMESTAMP"), ("localtimestamp(3)", "LOCALTIMESTAMP(3)"),
        ("current_user", "CURRENT_USER"), ("identifier('a.\"b\"')", "A.\"b\""),
        ("seq.nextval", "SEQ.NEXTVAL"),
        (
            "sum(a) over (partition by b, c order by d rows unbounded preceding)",
            "SUM(A) OVER (PARTITION BY B, C ORDER BY D ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
        ),
    ])
    func callsHaveTheirForms(sql: String, expected: String) throws {
        #expect(try text(sql) == expected)
    }

    @Test(arguments: [
        ("1", "1"), ("1.50", "1.50"), (".5", ".5"), ("1.", "1."), ("1e10", "1e10"), ("1.5E-3", "1.5E-3"),
        ("'a''b'", "'a''b'"), (#"'a\'b'"#, "'a''b'"), (#"'\x41\u00e9\t\\\101\q'"#, "'Aé\t\\\\Aq'"),
        (#"'\uD83D\uDE00'"#, "'😀'"), (#"'\0'"#, "'\0'"), (#"$$a'\n$b$$"#, #"'a''\\n$b'"#), ("''", "''"),
        ("$$$$", "''"),
        ("true", "TRUE"), ("null", "NULL"), ("\"a\"\"b\"", "\"a\"\"b\""), ("_a$1", "_A$1"),
        ("größe", "\"GRÖSSE\""),
        ("date '2024-01-01'", "DATE '2024-01-01'"), ("timestamp_tz 'x'", "TIMESTAMP_TZ 'x'"),
        ("time '1:2'", "TIME '1:2'"),
        ("interval '1'", "INTERVAL '1 second'"), ("interval '-2' day", "INTERVAL '-2 day'"),
        ("interval '1y, 2 mm ,3 us'", "INTERVAL '1 year, 2 month, 3 microsecond'"), ("interval", "INTERVAL"),
        ("interval - 1", "INTERVAL - 1"), ("$x + $1", "$X + $1"), ("t.$2", "T.$2"), ("{}", "{}"),
        ("[]", "[]"),
        ("date", "DATE"), ("t.value", "T.VALUE"), ("left", "LEFT"), ("1 /* x */ + -- y\n 2 // z", "1 + 2"),
    ])
    func literalsAndNames(sql: String, expected: String) throws {
        #expect(try text(sql) == expected)
    }

    @Test(arguments: [
        ("number", "NUMBER(38,0)"), ("decimal(10)", "NUMBER(10,0)"), ("numeric(10,2)", "NUMBER(10,2)"),
        ("bigint", "NUMBER(38,0)"), ("byteint", "NUMBER(38,0)"), ("double precision", "FLOAT"),
        ("real", "FLOAT"),
        ("string", "VARCHAR"), ("text(5)", "VARCHAR(5)"), ("char", "VARCHAR(1)"), ("nchar(3)", "VARCHAR(3)"),
        ("char varying(7)", "VARCHAR(7)"), ("varbinary(8)", "BINARY(8)"), ("datetime", "TIMESTAMP_NTZ"),
        ("timestamp(3)", "TIMESTAMP_NTZ(3)"), ("timestamp with time zone", "TIMESTAMP_TZ"),
        ("timestamp without time zone", "TIMESTAMP_NTZ"), ("timestamp with local time zone", "TIMESTAMP_LTZ"),
        ("timestampltz", "TIMESTAMP_LTZ"), ("time(0)", "TIME(0)"), ("boolean", "BOOLEAN"),
        ("variant", "VARIANT"),
    ])
    func typesHaveManyNames(sql: String, expected: String) throws {
        #expect(try text("x::" + sql) == "X::" + expected)
    }

    @Test func positionsAreThoseOfOperatorsAndFirstBytes() throws {
        let sum = try SQLParser.parseExpression("é + f(a) * 2")
        #expect(sum.position == 3)
        guard case .binary(.add, let left, let product) = sum.kind,
            case .binary(.multiply, let call, let two) = product.kind
        else {
            Issue.record("no sum")
            return
        }
        #expect([left.position, product.position, call.position, two.position] == [0, 10, 5, 12])
    }

    /// Machines write such chains; their trees are of little height, and the order stays.
    @Test func longChainsAreBalanced() throws {
        let terms = (0..<100_000).map { "a = \($0)" }
        let text = terms.joined(separator: " OR ")
        #expect(try self.text(text) == text.uppercased())
        let selects = (0..<5_000).map { "SELECT \($0)" }.joined(separator: " UNION ALL ")
        #expect(try SQLParser.parseQuery(selects).sqlText == selects)
    }
}
