import CivilTime
import JSON
import SQLEngine
import Testing
import Vectors

@Suite("Window functions")
struct WindowTests {
    /// 0 partition, 1 order, 2 NUMBER(38,2), 3 FLOAT as doubles, 4 FLOAT as decimals, 5 VARCHAR, 6 BOOLEAN, 7
    /// the constant 4.
    static let types: [SQLType] = [
        .varchar, .integer, .number(precision: 38, scale: 2), .float, .float, .varchar, .boolean, .integer,
    ]

    static func source(rows: Int, streams: Int, batchRows: Int, wide: Bool = false, _ draws: inout Draws)
        -> BatchSource
    {
        var parts = [[Batch]](repeating: [], count: streams)
        var left = rows
        var order: UInt64 = 0
        while left > 0 {
            let count = min(left, 1 + draws.below(batchRows))
            var columns = [0, 1].map { _ in
                Vector.allocate(.integer, count: count, hasValidity: true)
            }
            let names = StringDictionary(["A", "B", "C"])
            columns[0] = .allocate(.varchar, count: count, hasValidity: true, dictionary: names)
            columns.append(
                .allocate(types[2], layout: wide ? .int128 : .int64, count: count, hasValidity: true))
            columns.append(.allocate(.float, count: count, hasValidity: true))
            columns.append(.allocate(.float, layout: .int64, scale: 1, count: count, hasValidity: true))
            columns.append(RowFixtures.vector(.varchar, count: count, form: 1, nulls: true, &draws))
            columns.append(.allocate(.boolean, count: count, hasValidity: true))
            for row in 0..<count {
                columns[0].codes[row] = UInt32(draws.below(3))
                columns[1].int64s[row] = Int64(draws.below(12))
                if wide {
                    columns[2].int128s[row] = Int128(draws.below(2000) - 1000) << 80
                } else {
                    columns[2].int64s[row] = Int64(draws.below(2000) - 1000)
                }
                columns[3].doubles[row] = Double(draws.below(1000)) / 16
                columns[4].int64s[row] = Int64(draws.below(100))
                columns[6].bools[row] = UInt8(draws.below(2))
                for column in [0, 1, 2, 3, 4, 6] {
                    columns[column].validity?[row] = draws.below(5) == 0 ? 0 : 1
                }
            }
            columns.append(.constant(.integer(4), .integer, count: count))
            parts[draws.below(streams)].append(Batch(columns, count: count, order: order))
            left -= count
            order += 1
        }
        return BatchSource(types: types, parts: parts)
    }

    static let frames: [WindowFrame] = [
        .wholePartition, .toCurrentRow,
        WindowFrame(.rows, from: .preceding(.rows(2)), to: .currentRow),
        WindowFrame(.rows, from: .preceding(.rows(3)), to: .following(.rows(2))),
        WindowFrame(.rows, from: .preceding(.rows(4)), to: .preceding(.rows(2))),
        WindowFrame(.rows, from: .following(.rows(1)), to: .following(.rows(3))),
        WindowFrame(.rows, from: .currentRow, to: .unboundedFollowing),
        WindowFrame(.rows, from: .unboundedPreceding, to: .following(.rows(1))),
        WindowFrame(.range, from: .currentRow, to: .unboundedFollowing),
        WindowFrame(.range, from: .preceding(.number(2, scale: 0)), to: .currentRow),
        WindowFrame(.range, from: .preceding(.number(3, scale: 0)), to: .following(.number(1, scale: 0))),
        WindowFrame(.range, from: .following(.number(1, scale: 0)), to: .following(.number(4, scale: 0))),
        WindowFrame(.range, from: .preceding(.number(4, scale: 0)), to: .preceding(.number(2, scale: 0))),
    ]

    static func functions(_ frame: WindowFrame, _ draws: inout Draws) -> [WindowFunction] {
        let ignores = draws.below(2) == 0
        let two = SQLType.number(precision: 38, scale: 2)
        var result: [WindowFunction] = [
            WindowFunction(.rowNumber, type: .integer), WindowFunction(.rank, type: .integer),
            WindowFunction(.denseRank, type: .integer), WindowFunction(.percentRank, type: .float),
            WindowFunction(.cumeDist, type: .float), WindowFunction(.ntile(column: 7), type: .integer),
            WindowFunction(
                .lag(column: 5, offset: draws.below(3), defaultColumn: nil, ignoresNulls: ignores),
                type: .varchar),
            WindowFunction(
                .lead(column: 1, offset: 2, defaultColumn: 7, ignoresNulls: ignores), type: .integer),
            WindowFunction(
                .lag(column: 3, offset: -1, defaultColumn: nil, ignoresNulls: ignores), type: .float),
        ]
        let framed: [(WindowFunction.Kind, SQLType)] = [
            (.firstValue(column: 5, ignoresNulls: ignores), .varchar),
            (.lastValue(column: 3, ignoresNulls: ignores), .float),
            (.nthValue(column: 2, n: 2, ignoresNulls: ignores), two), (.countStar, .integer),
            (.count(column: 5), .integer),
            (.countIf(column: 6), .integer), (.sum(column: 2), two), (.sum(column: 3), .float),
            (.sum(column: 4), .float),
            (.average(column: 2), .number(precision: 38, scale: 8)), (.average(column: 3), .float),
            (.average(column: 4), .float), (.minimum(column: 2), two), (.maximum(column: 5), .varchar),
            (.minimum(column: 3), .float), (.maximum(column: 6), .boolean),
            (.variancePopulation(column: 3), .float),
            (.varianceSample(column: 4), .float), (.deviationPopulation(column: 2), .float),
            (.deviationSample(column: 3), .float), (.booleanAnd(column: 6), .boolean),
            (.booleanOr(column: 6), .boolean),
            (.median(column: 2), .number(precision: 38, scale: 3)), (.median(column: 3), .float),
            (.custom(SumOfFloats(), columns: [3]), .float),
        ]
        result += framed.map { WindowFunction($0.0, type: $0.1, frame: frame) }
        return result
    }

    /// Whether two results are equal, but for the last digits of what is no whole number.
    static func isEqual(_ one: Scalar, _ other: Scalar) -> Bool {
        if one == other { return true }
        switch (one, other) {
        case (.float, .float), (.number, .float):
            return abs(one.double - other.double) <= 1e-9 * max(1, abs(one.double))
                + (one.integer == 0 ? 0 : 5e-4)
        default: return false
        }
    }

    @Test("all functions over all frames are what their definition says", arguments: frames.indices, 0..<4)
    func random(frame: Int, seed: Int) throws {
        var draws = Draws(UInt64(frame * 10 + seed + 1))
        let rows = [1, 30, 60, 80][seed]
        let source = Self.source(rows: rows, streams: 1 + seed % 3, batchRows: 40, wide: seed == 2, &draws)
        let partition = [[], [0], [0], [0, 6]][draws.below(4)]
        let order = SortKey(column: 1, isDescending: draws.below(2) == 0, nullsFirst: draws.below(2) == 0)
        let functions = Self.functions(Self.frames[frame], &draws)
        let window = WindowOperator(source, partition: partition, order: [order], functions: functions)
        let result = try RowFixtures.rows(window, ExecutionContext(threads: 2))
        let oracle = WindowOracle(try RowFixtures.rows(source), partition: partition, order: [order])
        #expect(RowFixtures.isEqual(result.map { Array($0.prefix(Self.types.count)) }, oracle.rows))
        for (index, function) in functions.enumerated() {
            let expected = oracle.results(function)
            for (row, value) in expected.enumerated() where row < result.count {
                let given = result[row][Self.types.count + index]
                #expect(Self.isEqual(given, value), "\(function.kind) over \(function.frame) in row \(row)")
            }
        }
    }

    @Test("results do not depend on threads, nor on the memory limit", arguments: 0..<4)
    func spilling(seed: Int) async throws {
        var draws = Draws(UInt64(seed + 50))
        let source = Self.source(rows: 40_000, streams: 1 + seed % 3, batchRows: 2000, &draws)
        var functions = Self.functions(Self.frames[[0, 1, 3, 10][seed]], &draws)
        // Sorting each frame for itself takes its time.
        functions.removeAll { if case .median = $0.kind { true } else { false } }
        functions.removeAll { if case .custom = $0.kind { true } else { false } }
        let window = WindowOperator(source, partition: [0], order: [SortKey(column: 1)], functions: functions)
        let expected = try RowFixtures.rows(window, ExecutionContext(threads: 1))
        let context = ExecutionContext(threads: 2, memoryLimit: 600_000)
        #expect(RowFixtures.isEqual(try RowFixtures.rows(window, ExecutionContext(threads: 3)), expected))
        #expect(RowFixtures.isEqual(try RowFixtures.rows(window, context), expected))
        #expect(await RowFixtures.isReleased(context))
    }

    @Test("a partition that memory cannot hold is an error")
    func tooLarge() throws {
        var draws = Draws(9)
        let source = Self.source(rows: 120_000, streams: 1, batchRows: 8000, &draws)
        let window = WindowOperator(
            source, partition: [], order: [SortKey(column: 1)],
            functions: [WindowFunction(.rank, type: .integer)])
        let error = #expect(throws: SQLError.self) {
            try RowFixtures.rows(window, ExecutionContext(threads: 1, memoryLimit: 1 << 20))
        }
        #expect(error?.code == .outOfMemory)
    }

    @Test("no rows")
    func empty() throws {
        var draws = Draws(1)
        let source = BatchSource(types: Self.types, [])
        let functions = Self.functions(.toCurrentRow, &draws)
        let window = WindowOperator(source, partition: [0], order: [SortKey(column: 1)], functions: functions)
        #expect(try RowFixtures.rows(window).isEmpty)
    }

    @Test("ranges of dates by months and days")
    func intervals() throws {
        let days = ["2024-01-31", "2024-02-28", "2024-02-29", "2024-03-30", "2024-03-31", "2024-05-01"]
        let dates = Vector.allocate(.date, count: days.count)
        for (row, day) in days.enumerated() {
            let parts = day.split(separator: "-").compactMap { Int($0) }
            dates.int64s[row] = Calendar.days(year: parts[0], month: parts[1], day: parts[2])
        }
        let source = BatchSource(types: [.date], [Batch([dates], count: days.count)])
        let month = WindowFrame.Bound.preceding(.interval(months: 1, microseconds: 0))
        let day = WindowFrame.Bound.preceding(.interval(months: 0, microseconds: Calendar.microsecondsPerDay))
        let window = WindowOperator(
            source, partition: [], order: [SortKey(column: 0)],
            functions: [month, day].map {
                WindowFunction(
                    .countStar, type: .integer, frame: WindowFrame(.range, from: $0, to: .currentRow))
            })
        let counts = try RowFixtures.rows(window).map { $0.dropFirst().map(\.integer) }
        #expect(counts == [[1, 1], [2, 1], [3, 2], [2, 1], [3, 2], [1, 1]])
    }

    @Test("sums of 128 bits that exceed 38 digits are an error, those that cancel out are not")
    func overflow() throws {
        let power = integerPower(37) * 9
        let values = Vector.allocate(.integer, layout: .int128, count: 30)
        let numbers = Vector.allocate(.integer, count: 30)
        for row in 0..<30 {
            values.int128s[row] = row % 2 == 0 ? power : -power
            numbers.int64s[row] = Int64(row)
        }
        let source = BatchSource(types: [.integer, .integer], [Batch([values, numbers], count: 30)])
        let sum = WindowFunction(.sum(column: 0), type: .integer, frame: .toCurrentRow)
        let byNumber = WindowOperator(source, partition: [], order: [SortKey(column: 1)], functions: [sum])
        #expect(
            try RowFixtures.rows(byNumber).map { $0[2].integer } == (0..<30).map { $0 % 2 == 0 ? power : 0 })
        let byValue = WindowOperator(source, partition: [], order: [SortKey(column: 0)], functions: [sum])
        #expect(throws: SQLError.self) { try RowFixtures.rows(byValue) }
    }

    @Test("what leaves a frame leaves nothing behind in sums of doubles")
    func cancellation() throws {
        let values = Vector.allocate(.float, count: 6)
        for (row, value) in [1e300, 0.1, 0.2, .infinity, 0.3, 0.4].enumerated() {
            values.doubles[row] = value
        }
        let numbers = Vector.allocate(.integer, count: 6)
        for row in 0..<6 { numbers.int64s[row] = Int64(row) }
        let source = BatchSource(types: [.float, .integer], [Batch([values, numbers], count: 6)])
        let frame = WindowFrame(.rows, from: .preceding(.rows(1)), to: .currentRow)
        let window = WindowOperator(
            source, partition: [], order: [SortKey(column: 1)],
            functions: [WindowFunction(.sum(column: 0), type: .float, frame: frame)])
        let sums = try RowFixtures.rows(window).map { $0[2].double }
        #expect(sums == [1e300, 1e300, 0.1 + 0.2, .infinity, .infinity, 0.7])
    }
}

/// An aggregate as others may bring them.
private struct SumOfFloats: WindowAggregate {
    let title = "sumOfFloats"
    func makeState() -> any WindowAggregateState { State() }

    private final class State: WindowAggregateState {
        private var sum: Double?
        func add(_ columns: [Vector], from start: Int, count: Int) {
            for row in start..<(start + count) where columns[0].isValid(row) {
                sum = (sum ?? 0) + columns[0].doubles[row]
            }
        }
        func value() -> Scalar { sum.map(Scalar.float) ?? .null }
    }
}
