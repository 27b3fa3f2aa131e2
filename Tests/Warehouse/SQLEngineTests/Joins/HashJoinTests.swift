import Synchronization
import Testing
import Vectors

@testable import SQLEngine

@Suite struct HashJoinTests {
    private static let kinds: [JoinKind] = [.inner, .left, .right, .full, .semi, .anti, .mark]
    private static let keyTypes: [[SQLType]] = [
        [.integer], [.float], [.varchar], [.boolean], [.timestampNTZ], [.integer, .varchar],
        [.date, .varchar, .boolean],
        [.integer, .float, .timestampNTZ], [],
    ]

    private func check(
        _ kind: JoinKind, _ keys: [SQLType], seed: UInt64, memory: Int = 1 << 30, sizes: (Int, Int)? = nil
    ) throws {
        var random = JoinRandom(seed)
        let types = keys + [.integer, .varchar]
        let spread = [3, 20, 200].randomElement(using: &random) ?? 3
        let nulls: Double = [0.0, 0.1, 0.5].randomElement(using: &random) ?? 0
        let most = [0, 1, 40, 300]
        let left = JoinTable(
            types, rows: sizes?.0 ?? most.randomElement(using: &random) ?? 0, spread: spread, nulls: nulls,
            &random)
        let right = JoinTable(
            types, rows: sizes?.1 ?? most.randomElement(using: &random) ?? 0, spread: spread, nulls: nulls,
            &random)
        let places = Array(keys.indices)
        let nullSafe = keys.map { _ in Int.random(in: 0..<4, using: &random) == 0 }
        let hasResidual = Bool.random(using: &random)
        let payload = keys.count
        let join = HashJoinOperator(
            left: left.source(streams: Int.random(in: 1...3, using: &random)),
            right: right.source(streams: Int.random(in: 1...3, using: &random)), kind: kind, leftKeys: places,
            rightKeys: places, nullSafe: nullSafe,
            residual: hasResidual ? JoinLess(first: payload, second: types.count + payload) : nil,
            buildsLeft: Bool.random(using: &random))
        let naive = NaiveJoin(
            kind: kind, leftKeys: places, rightKeys: places, nullSafe: nullSafe,
            less: hasResidual ? (payload, payload) : nil)
        let context = ExecutionContext(threads: 2, memoryLimit: memory)
        let found = try JoinResults.rows(join, context)
        #expect(found.ordered == naive.rows(left, right).ordered, "\(kind) \(keys) seed \(seed)")
    }

    @Test(arguments: kinds)
    func joinsAsEveryPairTriedWould(_ kind: JoinKind) throws {
        for (index, keys) in Self.keyTypes.enumerated() {
            for seed in 0..<8 { try check(kind, keys, seed: UInt64(index * 100 + seed)) }
        }
    }

    @Test(arguments: kinds)
    func joinsInPartitionsWhereMemoryIsShort(_ kind: JoinKind) throws {
        for (index, keys) in Self.keyTypes.enumerated() {
            for seed in 0..<3 {
                try check(
                    kind, keys, seed: UInt64(7000 + index * 100 + seed), memory: 4096, sizes: (150, 200))
            }
        }
    }

    @Test func partitionsThatAreTooLargeAreDividedAgain() throws {
        var random = JoinRandom(5)
        let types: [SQLType] = [.integer, .integer]
        let left = JoinTable(types, rows: 6000, spread: 1 << 40, nulls: 0.05, batchRows: 5000, &random)
        var right = JoinTable(types, rows: 8000, spread: 1 << 40, nulls: 0.05, batchRows: 5000, &random)
        right.batches += left.batches
        right.rows += left.rows
        let context = ExecutionContext(threads: 2, memoryLimit: 1 << 16)
        for kind in [JoinKind.inner, .full, .semi, .anti] {
            let join = HashJoinOperator(
                left: left.source(streams: 2), right: right.source(streams: 2), kind: kind, leftKeys: [0],
                rightKeys: [0])
            let large = ExecutionContext(threads: 2)
            let again = HashJoinOperator(
                left: left.source(streams: 2), right: right.source(streams: 2), kind: kind, leftKeys: [0],
                rightKeys: [0])
            let rows = try JoinResults.rows(join, context)
            #expect(rows.ordered == (try JoinResults.rows(again, large)).ordered)
            #expect(rows.count > 5000 || kind == .anti)
        }
        #expect(context.memory.taken == 0)
    }

    @Test func manyEqualKeysGiveBatchesOfTheUsualSize() throws {
        var random = JoinRandom(9)
        let left = JoinTable([.varchar, .integer], rows: 600, spread: 1, nulls: 0, &random)
        let right = JoinTable([.varchar, .integer], rows: 1000, spread: 1, nulls: 0, &random)
        for memory in [1 << 30, 1000] {
            let context = ExecutionContext(threads: 2, memoryLimit: memory)
            let join = HashJoinOperator(
                left: left.source(streams: 2), right: right.source(streams: 2), kind: .inner, leftKeys: [0],
                rightKeys: [0])
            let counts = Mutex((rows: 0, largest: 0))
            try context.drain(try join.open(context)) { _, batch in
                counts.withLock { $0 = ($0.rows + batch.count, max($0.largest, batch.count)) }
            }
            #expect(counts.withLock { $0 } == (600_000, Batch.rowsMax))
        }
    }

    @Test func outputKeepsTheOrderOfTheProbeSide() throws {
        var random = JoinRandom(11)
        let left = JoinTable([.integer, .varchar], rows: 3000, spread: 50, nulls: 0.1, &random)
        let right = JoinTable([.integer, .varchar], rows: 100, spread: 60, nulls: 0.1, &random)
        for kind in [JoinKind.inner, .left, .semi, .anti, .mark] {
            let join = HashJoinOperator(
                left: left.source(streams: 3), right: right.source(streams: 2), kind: kind, leftKeys: [0],
                rightKeys: [0])
            let rows = try JoinResults.rows(join, ExecutionContext(threads: 2))
            let naive = NaiveJoin(kind: kind, leftKeys: [0], rightKeys: [0], nullSafe: [false])
            #expect(rows == naive.rows(left, right))
        }
    }

    @Test func aScalarSubqueryGivesAtMostOneRow() throws {
        func table(_ values: [Int64]) -> BatchSource {
            let vector = Vector.allocate(.integer, count: values.count)
            for (row, value) in values.enumerated() { vector.int64s[row] = value }
            return BatchSource(types: [.integer], [Batch([vector], count: values.count)])
        }
        let context = ExecutionContext(threads: 1)
        func join(_ left: [Int64], _ right: [Int64]) -> HashJoinOperator {
            HashJoinOperator(
                left: table(left), right: table(right), kind: .leftSingle, leftKeys: [0], rightKeys: [0])
        }
        let rows = try JoinResults.rows(join([1, 2, 3, 1], [3, 1, 4, 4]), context)
        #expect(
            rows == [
                [.integer(1), .integer(1)], [.integer(2), .null], [.integer(3), .integer(3)],
                [.integer(1), .integer(1)],
            ])
        #expect(throws: SQLError(.cardinality, "a scalar subquery gives more than one row")) {
            try JoinResults.rows(join([1, 4], [3, 1, 4, 4]), context)
        }
        let scalar = HashJoinOperator(
            left: table([1]), right: table([5, 6]), kind: .leftSingle, leftKeys: [], rightKeys: [])
        #expect(throws: SQLError.self) { try JoinResults.rows(scalar, context) }
    }

    @Test func correlatedKeysOfAMarkJoinAreNeverUnknown() throws {
        // x IN (SELECT y … WHERE k = outer.k): a NULL k has no rows at all, so IN is FALSE.
        let left = Batch(
            [Vector.constant(.integer(1), .integer, count: 1), Vector.nulls(.integer, count: 1)], count: 1)
        let right = Batch(
            [
                Vector.constant(.integer(2), .integer, count: 1),
                Vector.constant(.integer(7), .integer, count: 1),
            ], count: 1)
        func mark(_ compared: Int) throws -> JoinValue? {
            let join = HashJoinOperator(
                left: BatchSource(types: [.integer, .integer], [left]),
                right: BatchSource(types: [.integer, .integer], [right]), kind: .mark, leftKeys: [0, 1],
                rightKeys: [0, 1], comparedKeys: compared)
            return try JoinResults.rows(join, ExecutionContext(threads: 1)).first?.last
        }
        #expect(try mark(1) == .truth(false))
        #expect(try mark(2) == .truth(false))
    }

    @Test func interruptionEndsAJoin() throws {
        var random = JoinRandom(3)
        let table = JoinTable([.integer], rows: 2000, spread: 1, nulls: 0, &random)
        let calls = Mutex(0)
        let context = ExecutionContext(threads: 1) {
            calls.withLock { calls in
                calls += 1
                return calls > 150
            }
        }
        let join = HashJoinOperator(
            left: table.source(streams: 1), right: table.source(streams: 1), kind: .inner, leftKeys: [0],
            rightKeys: [0])
        #expect(throws: SQLError(.interrupted, "the statement was interrupted")) {
            try context.drain(try join.open(context)) { _, _ in }
        }
    }
}
