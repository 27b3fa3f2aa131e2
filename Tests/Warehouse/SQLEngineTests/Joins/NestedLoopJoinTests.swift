import Testing
import Vectors

@testable import SQLEngine

@Suite struct NestedLoopJoinTests {
    @Test(arguments: [JoinKind.inner, .left, .right, .full, .semi, .anti])
    func joinsAsEveryPairTriedWould(_ kind: JoinKind) throws {
        for seed in 0..<20 {
            var random = JoinRandom(UInt64(seed))
            let sizes = [0, 1, 30, 200]
            let left = JoinTable(
                [.integer, .varchar], rows: sizes.randomElement(using: &random) ?? 0, spread: 30, &random)
            let right = JoinTable(
                [.integer, .float], rows: sizes.randomElement(using: &random) ?? 0, spread: 30, &random)
            let hasCondition = seed % 4 != 0
            let join = NestedLoopJoinOperator(
                left: left.source(streams: 2), right: right.source(streams: 2), kind: kind,
                condition: hasCondition ? JoinLess(first: 0, second: 2) : nil)
            let naive = NaiveJoin(kind: kind, less: hasCondition ? (0, 0) : nil)
            let rows = try JoinResults.rows(join, ExecutionContext(threads: 2))
            #expect(rows.ordered == naive.rows(left, right).ordered, "seed \(seed)")
        }
    }

    @Test func tooLargeARightSideIsAnError() throws {
        var random = JoinRandom(1)
        let table = JoinTable([.integer], rows: 1000, spread: 30, &random)
        let join = NestedLoopJoinOperator(
            left: table.source(streams: 1), right: table.source(streams: 1), kind: .inner, condition: nil)
        let context = ExecutionContext(threads: 1, memoryLimit: 1000)
        #expect { try join.open(context) } throws: { ($0 as? SQLError)?.code == .outOfMemory }
        #expect(context.memory.taken == 0)
    }

    @Test func lateralFunctionsGiveRowsBesideTheirInput() throws {
        var random = JoinRandom(2)
        let table = JoinTable([.integer, .varchar], rows: 9000, spread: 30, &random)
        // Each row as often as its place in the batch, modulo 4.
        let lateral = LateralFunctionOperator(
            child: table.source(streams: 2), title: "Repeat", added: [.integer]
        ) { batch, _ in
            var rows: [UInt32] = []
            for row in 0..<batch.count { rows += [UInt32](repeating: UInt32(row), count: row % 4) }
            let vector = Vector.allocate(.integer, count: rows.count)
            for (place, row) in rows.enumerated() { vector.int64s[place] = Int64(row) }
            return (rows, [vector])
        }
        var expected: [JoinRow] = []
        var start = 0
        for batch in table.batches {
            for row in 0..<batch.count {
                let wide = table.rows[start + row] + [.integer(Int128(row))]
                expected += [JoinRow](repeating: wide, count: row % 4)
            }
            start += batch.count
        }
        #expect(try JoinResults.rows(lateral, ExecutionContext(threads: 2)) == expected)
    }
}
