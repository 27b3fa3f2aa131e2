import Testing
import Vectors

@testable import SQLEngine

@Suite struct SetOperatorTests {
    private static let types: [[SQLType]] = [
        [.integer], [.float], [.varchar], [.boolean, .varchar], [.integer, .float, .timestampNTZ],
    ]

    private func naive(_ left: [JoinRow], _ right: [JoinRow], _ operation: SetOperation) -> [JoinRow] {
        var counts: [JoinRow: Int] = [:]
        for row in right { counts[row, default: 0] += 1 }
        var seen = Set<JoinRow>()
        return left.filter { row in
            switch operation {
            case .distinct: return seen.insert(row).inserted
            case .intersect(false): return counts[row] != nil && seen.insert(row).inserted
            case .except(false): return counts[row] == nil && seen.insert(row).inserted
            case .intersect, .except:
                let isThere = (counts[row] ?? 0) > 0
                if isThere { counts[row, default: 0] -= 1 }
                if case .intersect = operation { return isThere }
                return !isThere
            }
        }
    }

    private func plan(_ left: BatchSource, _ right: BatchSource, _ operation: SetOperation)
        -> any PhysicalOperator
    {
        switch operation {
        case .distinct: DistinctOperator(left)
        case .intersect(let isAll): IntersectOperator(left: left, right: right, isAll: isAll)
        case .except(let isAll): ExceptOperator(left: left, right: right, isAll: isAll)
        }
    }

    @Test func setsAreAsOfRows() throws {
        let operations: [SetOperation] = [
            .distinct, .intersect(isAll: false), .intersect(isAll: true), .except(isAll: false),
            .except(isAll: true),
        ]
        for seed in 0..<60 {
            var random = JoinRandom(UInt64(seed))
            let types = Self.types[seed % Self.types.count]
            let sizes = [0, 1, 60, 700]
            let spread = [2, 30, 2000].randomElement(using: &random) ?? 2
            let left = JoinTable(
                types, rows: sizes.randomElement(using: &random) ?? 0, spread: spread, &random)
            let right = JoinTable(
                types, rows: sizes.randomElement(using: &random) ?? 0, spread: spread, &random)
            for operation in operations {
                let expected = naive(left.rows, right.rows, operation)
                for memory in [1 << 30, 2000] {
                    let context = ExecutionContext(threads: 2, memoryLimit: memory)
                    let plan = plan(left.source(streams: 1 + seed % 3), right.source(streams: 2), operation)
                    let rows = try JoinResults.rows(plan, context)
                    #expect(rows.ordered == expected.ordered, "\(operation) seed \(seed) memory \(memory)")
                    // In memory the order is kept too.
                    if memory > 2000 { #expect(rows == expected, "\(operation) seed \(seed)") }
                }
            }
        }
    }

    @Test func unionsKeepTheOrderOfTheirInputs() throws {
        var random = JoinRandom(4)
        let tables = (0..<3).map { _ in JoinTable([.integer, .varchar], rows: 500, spread: 40, &random) }
        let inner = UnionAllOperator(tables[..<2].map { $0.source(streams: 2) })
        let union = UnionAllOperator([inner, tables[2].source(streams: 3)])
        #expect(union.children.count == 3)
        #expect(try JoinResults.rows(union, ExecutionContext(threads: 2)) == tables.flatMap(\.rows))
    }

    @Test func recursionGoesOnUntilNothingIsNew() throws {
        func numbers(_ values: [Int64]) -> Batch {
            let vector = Vector.allocate(.integer, count: values.count)
            for (row, value) in values.enumerated() { vector.int64s[row] = value }
            return Batch([vector], count: values.count)
        }
        // From each number below 100 to its double and its successor.
        let step: RecursiveUnionOperator.MakeStep = { source in
            LateralFunctionOperator(child: source, title: "Step", added: [.integer]) { batch, _ in
                let values = (0..<batch.count).map { batch.columns[0].int64s[$0] }
                let next = values.enumerated().filter { $1 < 100 }.flatMap { row, value in
                    [(UInt32(row), value * 2), (UInt32(row), value + 1)]
                }
                let vector = Vector.allocate(.integer, count: next.count)
                for (row, pair) in next.enumerated() { vector.int64s[row] = pair.1 }
                return (next.map(\.0), [vector])
            }
        }
        let second: RecursiveUnionOperator.MakeStep = { source in SecondColumn(try step(source)) }
        let anchor = BatchSource(types: [.integer], [numbers([1])])
        let union = RecursiveUnionOperator(anchor: anchor, isDistinct: true, makeStep: second)
        let rows = try JoinResults.rows(union, ExecutionContext(threads: 2))
        let odd = (101...198).filter { $0 % 2 == 0 }
        #expect(rows.ordered == ((1...100) + odd).map { [JoinValue.integer(Int128($0))] }.ordered)
        let endless = RecursiveUnionOperator(
            anchor: anchor, isDistinct: false, iterations: 5, makeStep: second)
        #expect(throws: SQLError.self) { try JoinResults.rows(endless, ExecutionContext(threads: 1)) }
    }
}

/// The last of two columns.
private final class SecondColumn: PhysicalOperator {
    let types: [SQLType] = [.integer]
    let title = "Project"
    private let child: any PhysicalOperator
    var children: [any PhysicalOperator] { [child] }

    init(_ child: any PhysicalOperator) { self.child = child }

    func open(_ context: ExecutionContext) throws -> [any BatchStream] {
        try child.open(context).map(Stream.init)
    }

    private final class Stream: BatchStream {
        private let child: any BatchStream
        init(_ child: any BatchStream) { self.child = child }
        func next() throws -> Batch? {
            try child.next().map { Batch([$0.columns[1]], count: $0.count, order: $0.order) }
        }
    }
}
