import DurableIO
import TestSupport
import Testing

/// How the rows of statements are printed.
@Suite struct ResultOutputTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func sql(_ form: String, _ statements: String) throws -> Subprocess.Outcome {
        try Subprocess.run([
            "sql", "--write", "--data-dir", directory.file("data"), "--\(form)", statements,
        ])
    }

    /// One value of each type, and a row of NULLs.
    private static let types = """
        SELECT 1 AS i, -1.50::NUMBER(10,2) AS n, 99999999999999999999999999999999999999 AS w, 0.5::FLOAT AS f, 2::FLOAT AS g, \
        1e300::FLOAT AS h, 'a"b,c' AS t, TRUE AS b, TO_BINARY('FF') AS x, '2024-01-15'::DATE AS d, '10:00:00.5'::TIME AS c, \
        '2024-01-15 10:00:00'::TIMESTAMP_NTZ AS z, PARSE_JSON('{"k":[1,null]}') AS v
        UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL ORDER BY i
        """

    private static let object =
        #"{"I":1,"N":-1.50,"W":99999999999999999999999999999999999999,"F":0.5,"G":2.0,"H":1e+300,"T":"a\"b,c","B":true,"#
        + #""X":"FF","D":"2024-01-15","C":"10:00:00.500","Z":"2024-01-15 10:00:00","V":{"k":[1,null]}}"#
    private static let nulls =
        #"{"I":null,"N":null,"W":null,"F":null,"G":null,"H":null,"T":null,"B":null,"X":null,"D":null,"C":null,"Z":null,"V":null}"#

    @Test func everyTypeInEveryForm() throws {
        #expect(try sql("ndjson", Self.types).output == "\(Self.object)\n\(Self.nulls)\n")
        #expect(try sql("json", Self.types).output == "[\n\(Self.object),\n\(Self.nulls)\n]\n")
        #expect(
            try sql("csv", Self.types).output == """
                I,N,W,F,G,H,T,B,X,D,C,Z,V
                1,-1.50,99999999999999999999999999999999999999,0.5,2,1e+300,"a""b,c",TRUE,FF,2024-01-15,10:00:00.500,\
                2024-01-15 10:00:00,"{""k"":[1,null]}"
                ,,,,,,,,,,,,

                """)
    }

    /// Many rows go through the printer's buffer more than once.
    @Test func manyRows() throws {
        let statement = "SELECT SEQ4() AS n, 'x' AS t FROM TABLE(GENERATOR(ROWCOUNT => 20000)) ORDER BY n"
        let expected = (0..<20_000).map { "{\"N\":\($0),\"T\":\"x\"}" }
        #expect(try sql("ndjson", statement).output == expected.map { $0 + "\n" }.joined())
        #expect(try sql("json", statement).output == "[\n" + expected.joined(separator: ",\n") + "\n]\n")
        #expect(try sql("csv", statement).output == "N,T\n" + (0..<20_000).map { "\($0),x\n" }.joined())
    }

    @Test func whatIsNoNumberIsValidJSON() throws {
        let outcome = try sql(
            "ndjson",
            """
            CREATE TABLE t (v VARIANT);
            INSERT INTO t SELECT 'NaN'::FLOAT::VARIANT
            UNION ALL SELECT OBJECT_CONSTRUCT('a', 'inf'::FLOAT, 'b', 1.5::FLOAT);
            SELECT 'NaN'::FLOAT AS f, v, TO_JSON(v) AS t FROM t ORDER BY t
            """)
        #expect(
            outcome.output.hasSuffix(
                """
                {"F":null,"V":"NaN","T":"\\"NaN\\""}
                {"F":null,"V":{"a":"inf","b":1.5},"T":"{\\"a\\":\\"inf\\",\\"b\\":1.5}"}

                """))
    }

    @Test(arguments: ["table", "csv", "json", "ndjson"])
    func instantsAreShownInTheZoneOfTheSession(form: String) throws {
        let outcome = try sql(
            form,
            """
            ALTER SESSION SET TIMEZONE = 'America/New_York';
            SELECT '2024-01-15 10:00:00 +0000'::TIMESTAMP_LTZ AS a, '2024-07-15 10:00:00.25 +0000'::TIMESTAMP_LTZ AS b
            """)
        #expect(outcome.output.contains("2024-01-15 05:00:00 -0500"))
        #expect(outcome.output.contains("2024-07-15 06:00:00.250 -0400"))
    }

    /// What a statement has given is there when it, or one after it, fails.
    @Test(arguments: ["table", "csv", "json", "ndjson"])
    func whatCameBeforeAnErrorStays(form: String) throws {
        let outcome = try sql(form, "SELECT 4711 AS first; SELECT 1 / 0 AS second")
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("4711"))
        #expect(outcome.errors.contains("Division by zero"))
        let rows = try sql(
            form,
            "SELECT n, 1 / (15000 - n) AS q FROM (SELECT SEQ4() AS n FROM TABLE(GENERATOR(ROWCOUNT => 20000)))"
        )
        #expect(rows.status == 1)
        #expect(rows.output.contains("4711"), "the first batch was computed before")
        #expect(!rows.output.contains("(20,000 rows)"))
    }
}
