import SQLEngine
import Testing

@Suite struct StatementParsingTests {
    @Test(arguments: SyntaxCorpus.all.map { ($0.sql, $0.shape) })
    func statementsHaveTheTreesTheyShould(sql: String, shape: String) throws {
        let statement = try SQLParser.parse(sql)
        #expect(SyntaxShape.of(statement) == shape)
        #expect(statement.position == 0)
        // Letters' case, blanks and comments change nothing.
        let spaced = "  /* a */ \(sql) -- b\n ; "
        #expect(SyntaxShape.of(try SQLParser.parse(spaced)) == shape || shape.contains("queryText"))
        #expect(try SQLParser.parse(spaced).position == 10)
    }

    @Test func theTextOfAViewIsKept() throws {
        let sql = "CREATE VIEW v AS /* x */ (SELECT 'é', 2) ; "
        guard case .createView(let view) = try SQLParser.parse(sql) else {
            Issue.record("no view")
            return
        }
        #expect(String(decoding: Array(sql.utf8)[view.queryText], as: UTF8.self) == "(SELECT 'é', 2)")
    }

    @Test func setOperatorsBindAsTheyShould() throws {
        func shape(_ body: Query.Body) -> String {
            switch body {
            case .set(let symbol, let isAll, let left, let right, _):
                "(\(shape(left)) \(symbol.rawValue)\(isAll ? " ALL" : "") \(shape(right)))"
            case .select(let select): select.itemNames.joined(separator: ",")
            case .query(let query): "[\(query.sqlText)]"
            case .values: "VALUES"
            }
        }
        func tree(_ sql: String) throws -> String { try shape(SQLParser.parseQuery(sql).body) }
        #expect(
            try tree("SELECT 1 UNION SELECT 2 INTERSECT SELECT 3 MINUS SELECT 4")
                == "((1 UNION (2 INTERSECT 3)) EXCEPT 4)")
        #expect(
            try tree("SELECT 1 UNION ALL SELECT 2 UNION DISTINCT SELECT 3 UNION ALL SELECT 4")
                == "(((1 UNION ALL 2) UNION 3) UNION ALL 4)")
        #expect(
            try tree("SELECT 1 EXCEPT (SELECT 2 EXCEPT (VALUES (3)))") == "(1 EXCEPT (2 EXCEPT VALUES))")
        #expect(try tree("(SELECT 1 LIMIT 1) INTERSECT SELECT 2") == "([SELECT 1 LIMIT 1] INTERSECT 2)")
        #expect(try tree("(((SELECT 1)))") == "1")
    }

    @Test func commasBindMoreWeaklyThanJoins() throws {
        guard
            case .select(let select) = try SQLParser.parseQuery("SELECT * FROM a, b JOIN c ON 1 = 1, d").body,
            case .join(let outer) = select.from, case .join(let inner) = outer.left,
            case .join(let right) = inner.right
        else {
            Issue.record("no joins")
            return
        }
        #expect([outer.kind, inner.kind, right.kind] == [.cross, .cross, .inner])
    }

    @Test func groupsInParenthesesAreSpreadOut() throws {
        #expect(
            try SQLParser.parseQuery("SELECT 1 FROM t GROUP BY a, (b, (c, a))").sqlText
                == "SELECT 1 FROM T GROUP BY A, B, C, A")
        // An expression that stands in several sets is one expression.
        guard
            case .select(let select) = try SQLParser.parseQuery(
                "SELECT 1 FROM t GROUP BY GROUPING SETS ((a + 1, b), (A+1), ())"
            ).body,
            case .sets(let expressions, let sets) = select.grouping
        else {
            Issue.record("no sets")
            return
        }
        #expect(expressions.map(\.sqlText) == ["A + 1", "B"])
        #expect(sets == [[0, 1], [0], []])
    }
}
