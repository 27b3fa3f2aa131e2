import SQLEngine
import TestSupport
import SQLiteKit
import Testing
import Vectors

@testable import Warehouse

@Suite struct MergeTests {
    private let fixture: StatementFixture

    init() throws {
        fixture = try StatementFixture()
        try fixture.run(
            """
            CREATE TABLE T (K INTEGER, S VARCHAR, N INTEGER DEFAULT 7);
            INSERT INTO T VALUES (1, 'one', 10), (2, 'two', 20), (3, 'three', 30);
            CREATE TABLE S (K INTEGER, S VARCHAR, GONE BOOLEAN);
            INSERT INTO S VALUES (2, 'TWO', FALSE), (3, 'THREE', TRUE), (4, 'FOUR', FALSE);
            """)
    }

    @Test func clausesDecideInTheirOrder() throws {
        let result = try fixture.session.query(
            """
            MERGE INTO T USING S ON T.K = S.K
            WHEN MATCHED AND S.GONE THEN DELETE
            WHEN MATCHED THEN UPDATE SET S = S.S, N = T.N + 1
            WHEN NOT MATCHED THEN INSERT (K, S) VALUES (S.K, S.S)
            """)
        #expect(
            result.columns.map(\.name) == [
                "number of rows inserted", "number of rows updated", "number of rows deleted",
            ])
        #expect(result.rows == [[.integer(1), .integer(1), .integer(1)]])
        #expect(result.outcome.changedRows == 3)
        #expect(try fixture.lines("SELECT * FROM T ORDER BY K") == ["1 one 10", "2 TWO 21", "4 FOUR 7"])
    }

    @Test func insertsAloneAndConditions() throws {
        let result = try fixture.run(
            """
            MERGE INTO T A USING (SELECT K, S FROM S) B ON A.K = B.K
            WHEN NOT MATCHED AND B.K > 4 THEN INSERT VALUES (B.K, 'never', 0)
            WHEN NOT MATCHED THEN INSERT (N, K) VALUES (DEFAULT, B.K)
            """)
        #expect(result == [["1"]])
        #expect(try fixture.lines("SELECT * FROM T WHERE K = 4") == ["4 NULL 7"])
        #expect(
            try fixture.run(
                "MERGE INTO T USING S ON FALSE WHEN NOT MATCHED THEN INSERT (K) VALUES (S.K + 100)") == [
                    ["3"]
                ])
        #expect(
            try fixture.run("MERGE INTO T USING S ON T.K > S.K AND S.K = 4 WHEN MATCHED THEN DELETE") == [
                ["3"]
            ])
    }

    @Test func contradictionsAreErrors() throws {
        try fixture.run("INSERT INTO S VALUES (2, 'again', TRUE)")
        let update = "MERGE INTO T USING S ON T.K = S.K WHEN MATCHED THEN UPDATE SET S = S.S"
        #expect(fixture.failure(update)?.code == .cardinality)
        let both =
            "MERGE INTO T USING S ON T.K = S.K WHEN MATCHED AND GONE THEN DELETE WHEN MATCHED THEN UPDATE SET S = S.S"
        #expect(fixture.failure(both)?.code == .cardinality)
        #expect(try fixture.lines("SELECT S FROM T ORDER BY K") == ["one", "two", "three"])
        // Only one of the rows that match has something to say.
        try fixture.run("MERGE INTO T USING S ON T.K = S.K WHEN MATCHED AND NOT GONE THEN UPDATE SET S = S.S")
        #expect(try fixture.lines("SELECT S FROM T ORDER BY K") == ["one", "TWO", "three"])
        // To be deleted twice is no contradiction.
        #expect(try fixture.run("MERGE INTO T USING S ON T.K = S.K WHEN MATCHED THEN DELETE") == [["2"]])
        try fixture.run(
            "ALTER SESSION SET ERROR_ON_NONDETERMINISTIC_MERGE = FALSE; INSERT INTO T VALUES (2, 'x', 1)")
        #expect(try fixture.run(update) == [["1"]])
    }

    @Test func nullKeysDoNotMatchUnlessAskedTo() throws {
        try fixture.run(
            "INSERT INTO T VALUES (NULL, 'null', 0); DELETE FROM S; INSERT INTO S VALUES (NULL, 'new', FALSE)"
        )
        try fixture.run("MERGE INTO T USING S ON EQUAL_NULL(T.K, S.K) WHEN MATCHED THEN UPDATE SET S = 'met'")
        #expect(try fixture.lines("SELECT S FROM T WHERE K IS NULL") == ["met"])
        let result = try fixture.run(
            "MERGE INTO T USING S ON T.K = S.K WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (S) VALUES (S.S)"
        )
        #expect(result == [["1", "0"]])
    }

    @Test func numberedColumnsAndChecks() throws {
        try fixture.run(
            "CREATE TABLE I (ID INTEGER AUTOINCREMENT, K INTEGER NOT NULL, S VARCHAR(4)); INSERT INTO I (K, S) VALUES (1, 'a')"
        )
        try fixture.run(
            "MERGE INTO I USING S ON I.K = S.K WHEN NOT MATCHED AND LENGTH(S.S) <= 4 THEN INSERT (K, S) VALUES (S.K, S.S)"
        )
        #expect(try fixture.lines("SELECT ID, K, S FROM I ORDER BY K") == ["1 1 a", "2 2 TWO", "3 4 FOUR"])
        #expect(
            fixture.failure(
                "MERGE INTO I USING S ON I.K = S.K WHEN NOT MATCHED THEN INSERT (K, S) VALUES (S.K, S.S)")?
                .code == .data)
        #expect(
            fixture.failure(
                "MERGE INTO I USING S ON I.K = S.K WHEN NOT MATCHED THEN INSERT (S) VALUES ('x')")?.code
                == .data)
        #expect(
            fixture.failure(
                "MERGE INTO I USING S ON I.K = S.K WHEN NOT MATCHED THEN INSERT (K) VALUES (I.K)")?.code
                == .notFound)
        #expect(try fixture.lines("SELECT COUNT(*) FROM I") == ["3"])
    }

    @Test(arguments: [1 << 30, 1 << 16]) func agreesWithAModel(memoryLimit: Int) throws {
        var random = SplitMix(seed: UInt64(memoryLimit))
        var options = Session.Options()
        options.memoryLimit = memoryLimit
        let session = fixture.warehouse.makeSession(options)
        try session.execute(
            "CREATE TABLE M (A VARCHAR, B TIMESTAMP_NTZ, N INTEGER); CREATE TABLE U (A VARCHAR, B TIMESTAMP_NTZ, N INTEGER)"
        )
        var model: [String: Int] = [:]
        for round in 0..<6 {
            var source: [String: Int] = [:]
            for _ in 0..<(round == 2 ? 3000 : 200) {
                source[
                    "\(Int.random(in: 0..<40, using: &random)) \(Int.random(in: 0..<60, using: &random))"] =
                    Int.random(in: -5...20, using: &random)
            }
            let values = source.map { key, value -> String in
                let parts = key.split(separator: " ")
                return "('s\(parts[0])', DATEADD(minute, \(parts[1]), '2024-01-01'::TIMESTAMP_NTZ), \(value))"
            }
            try session.execute("TRUNCATE TABLE U; INSERT INTO U VALUES \(values.joined(separator: ", "))")
            let result = try session.query(
                """
                MERGE INTO M USING U ON M.A = U.A AND M.B = U.B
                WHEN MATCHED AND U.N < 0 THEN DELETE
                WHEN MATCHED AND U.N > M.N THEN UPDATE SET N = U.N
                WHEN NOT MATCHED AND U.N >= 0 THEN INSERT (A, B, N) VALUES (U.A, U.B, U.N)
                """)
            var counts = [0, 0, 0]
            for (key, value) in source {
                if let old = model[key] {
                    if value < 0 {
                        model[key] = nil
                        counts[2] += 1
                    } else if value > old {
                        model[key] = value
                        counts[1] += 1
                    }
                } else if value >= 0 {
                    model[key] = value
                    counts[0] += 1
                }
            }
            #expect(result.rows == [counts.map { .integer($0) }])
            let rows = try session.query("SELECT A, DATE_PART(minute, B), N FROM M").rows
            let found = Dictionary(
                rows.map { ("\($0[0].description.dropFirst()) \($0[1])", $0[2].description) },
                uniquingKeysWith: { $0 + "," + $1 })
            #expect(found == model.mapValues { "\($0)" })
        }
        let again = try Warehouse(path: fixture.directory.file("w.db"), access: .readOnly)
        #expect(try again.makeSession().query("SELECT COUNT(*) FROM M").rows == [[.integer(model.count)]])
    }
}

/// Numbers that are the same in every run.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
