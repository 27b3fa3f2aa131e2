import SQLEngine
import TestSupport
import Testing
import Vectors

@testable import Warehouse

/// Partitions that are computed in parts, each with the rows around it that its functions reach.
@Suite struct LargeWindowTests {
    @Test func partsSeeTheRowsAroundThem() throws {
        let fixture = try StatementFixture()
        let count = 1_100_000
        let result = try fixture.session.query(
            """
            SELECT COUNT(*), SUM(number), SUM(gap), COUNT(gap), SUM(pair), MAX(ahead), SUM(most - i)
            FROM (
                SELECT i, ROW_NUMBER() OVER (ORDER BY i) AS number, i - LAG(i) OVER (ORDER BY i) AS gap,
                       SUM(i) OVER (ORDER BY i ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS pair,
                       LEAD(i, 4000) OVER (ORDER BY i) AS ahead,
                       MAX(i) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND 2 FOLLOWING) AS most
                FROM (SELECT SEQ8() AS i FROM TABLE(GENERATOR(ROWCOUNT => \(count)))) AS numbers
            ) AS windows
            """)
        let expected = [
            count, count * (count + 1) / 2, count - 1, count - 1, (count - 1) * (count - 1), count - 1,
            2 * (count - 2) + 1,
        ]
        #expect(result.rows.first == expected.map { .number(Int128($0), scale: 0) })
    }
}
