package import Vectors

/// WITH RECURSIVE: the rows of the anchor, then those that the step makes of the rows before, until it makes
/// none.
package final class RecursiveUnionOperator: PhysicalOperator {
    /// Plans the step anew, to read the rows of the step before from a source.
    package typealias MakeStep = @Sendable (BatchSource) throws -> any PhysicalOperator

    private let anchor: any PhysicalOperator
    private let makeStep: MakeStep
    private let isDistinct: Bool
    private let iterations: Int

    /// - Parameters:
    ///   - isDistinct: UNION instead of UNION ALL: rows that were there before are left out. NULLs are equal.
    ///   - iterations: after how many steps that make rows it is an error.
    package init(
        anchor: any PhysicalOperator, isDistinct: Bool, iterations: Int = 1_000_000,
        makeStep: @escaping MakeStep
    ) {
        self.anchor = anchor
        self.makeStep = makeStep
        self.isDistinct = isDistinct
        self.iterations = iterations
    }

    package var types: [SQLType] { anchor.types }
    package var children: [any PhysicalOperator] { [anchor] }
    package var title: String { isDistinct ? "RecursiveUnion" : "RecursiveUnion ALL" }

    package func open(_ context: ExecutionContext) throws -> [any BatchStream] {
        let filter = isDistinct ? SetFilter(types, .distinct) : nil
        let stream = Stream(types, makeStep, filter, iterations, context)
        try stream.take(anchor)
        return [stream]
    }

    private final class Stream: BatchStream {
        private let types: [SQLType]
        private let makeStep: MakeStep
        private let filter: SetFilter?
        private let iterations: Int
        private let context: ExecutionContext
        private let claim: MemoryClaim
        /// The rows of the last step.
        private var rows: [Batch] = []
        private var given = 0
        private var steps = 0
        private var order: UInt64 = 0

        init(
            _ types: [SQLType], _ makeStep: @escaping MakeStep, _ filter: SetFilter?, _ iterations: Int,
            _ context: ExecutionContext
        ) {
            self.types = types
            self.makeStep = makeStep
            self.filter = filter
            self.iterations = iterations
            self.context = context
            claim = MemoryClaim(context.memory)
        }

        /// Runs a plan, and keeps its rows as those of the last step.
        func take(_ plan: any PhysicalOperator) throws {
            let collector = RowCollector(types: types, keys: [], maySpill: false, bytesPerRow: 0, context)
            guard case .memory(let batches) = try collector.collect(try plan.open(context)) else { return }
            rows = try filter.map { filter in try batches.compactMap { try filter.keep($0) } } ?? batches
            for index in rows.indices {
                order += 1
                rows[index].order = order
            }
            given = 0
            claim.set(rows.reduce(0) { $0 + RowBytes.of($1) } + (filter?.byteCount ?? 0))
            guard context.memory.taken <= context.memory.limit else {
                throw SQLError(.outOfMemory, "the rows of a recursive query do not fit the memory limit")
            }
        }

        func next() throws -> Batch? {
            if given == rows.count {
                if rows.isEmpty { return nil }
                try context.checkInterruption()
                guard steps < iterations else {
                    throw SQLError(
                        .invalid, "a recursive query has not come to its end after \(iterations) iterations")
                }
                steps += 1
                try take(try makeStep(BatchSource(types: types, parts: [rows])))
                if rows.isEmpty { return nil }
            }
            given += 1
            return rows[given - 1]
        }
    }
}
