import Testing
import Vectors

@testable import SQLEngine

@Suite struct AsOfJoinTests {
    private func matches(_ left: JoinValue, _ right: JoinValue, _ comparison: AsOfComparison) -> Bool {
        guard let difference = difference(left, right) else { return false }
        return switch comparison {
        case .greaterOrEqual: difference >= 0
        case .greater: difference > 0
        case .lessOrEqual: difference <= 0
        case .less: difference < 0
        }
    }

    private func difference(_ left: JoinValue, _ right: JoinValue) -> Int? {
        switch (left, right) {
        case (.integer(let left), .integer(let right)): left < right ? -1 : left > right ? 1 : 0
        case (.double(let left), .double(let right)):
            if left.isNaN || right.isNaN {
                (left.isNaN ? 1 : 0) - (right.isNaN ? 1 : 0)
            } else {
                left < right ? -1 : left > right ? 1 : 0
            }
        default: nil
        }
    }

    private func naive(_ left: JoinTable, _ right: JoinTable, keys: Int, _ comparison: AsOfComparison)
        -> [JoinRow]
    {
        left.rows.map { row in
            var best: JoinRow?
            for other in right.rows {
                guard (0..<keys).allSatisfy({ !row[$0].isNull && row[$0] == other[$0] }) else { continue }
                guard matches(row[keys], other[keys], comparison) else { continue }
                let rank = best.flatMap { difference(other[keys], $0[keys]) }
                switch comparison {
                case .greaterOrEqual, .greater: if rank.map({ $0 >= 0 }) ?? true { best = other }
                case .lessOrEqual, .less: if rank.map({ $0 < 0 }) ?? true { best = other }
                }
            }
            return row + (best ?? right.types.map { _ in .null })
        }
    }

    @Test(arguments: [AsOfComparison.greaterOrEqual, .greater, .lessOrEqual, .less])
    func findsTheClosestRow(_ comparison: AsOfComparison) throws {
        for seed in 0..<60 {
            var random = JoinRandom(UInt64(seed))
            let keys: [SQLType] = [[], [.varchar], [.varchar, .boolean]][seed % 3]
            let time: SQLType = seed % 2 == 0 ? .timestampNTZ : .float
            let types = keys + [time, .integer]
            let sizes = [0, 1, 50, 400]
            let spread = [3, 60].randomElement(using: &random) ?? 3
            var left = JoinTable(
                types, rows: sizes.randomElement(using: &random) ?? 0, spread: spread, &random)
            var right = JoinTable(
                types, rows: sizes.randomElement(using: &random) ?? 0, spread: spread, &random)
            if seed % 5 == 0 { (left, right) = (sorted(left, keys.count), sorted(right, keys.count)) }
            let join = AsOfJoinOperator(
                left: left.source(streams: 2), right: right.source(streams: 2),
                equalLeft: Array(keys.indices),
                equalRight: Array(keys.indices), leftTime: keys.count, rightTime: keys.count,
                comparison: comparison)
            let rows = try JoinResults.rows(join, ExecutionContext(threads: 2))
            #expect(rows == naive(left, right, keys: keys.count, comparison), "seed \(seed)")
        }
    }

    /// One batch, by keys and time.
    private func sorted(_ table: JoinTable, _ keys: Int) -> JoinTable {
        guard !table.rows.isEmpty else { return table }
        var result = table
        let order = table.rows.indices.sorted { first, second in
            let (one, other) = (table.rows[first], table.rows[second])
            if one[..<keys] != other[..<keys] {
                return one[..<keys].lexicographicallyPrecedes(other[..<keys])
            }
            return (difference(one[keys], other[keys]) ?? 0, first) < (0, second)
        }
        result.rows = order.map { table.rows[$0] }
        let columns = table.types.indices.map { column in
            let collector = VectorCollector(table.types[column])
            for batch in table.batches { collector.append(batch.columns[column]) }
            return collector.finish()
        }
        let all = Batch(columns, count: order.count)
        result.batches = [all.gather(order.map { UInt32($0) }, count: order.count)]
        return result
    }
}
