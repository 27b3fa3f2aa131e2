package import Vectors

/// Joins by trying every pair of rows: cross joins, and conditions that are no equalities. The right side is
/// in memory.
package final class NestedLoopJoinOperator: PhysicalOperator {
    package let types: [SQLType]
    private let left: any PhysicalOperator
    private let right: any PhysicalOperator
    private let kind: JoinKind
    private let condition: (any VectorExpression)?

    /// - Parameters:
    ///   - kind: any but `mark`.
    ///   - condition: what must be TRUE of a pair: an expression over the left columns, then the right ones;
    ///     `nil`: nothing.
    package init(
        left: any PhysicalOperator, right: any PhysicalOperator, kind: JoinKind,
        condition: (any VectorExpression)?
    ) {
        precondition(kind != .mark, "a mark join is a hash join, with or without keys")
        self.left = left
        self.right = right
        self.kind = kind
        self.condition = condition
        types = JoinTypes.of(kind, left.types, right.types)
    }

    package var children: [any PhysicalOperator] { [left, right] }
    package var title: String {
        condition == nil && kind == .inner ? "CrossJoin" : "NestedLoopJoin \(kind.rawValue)"
    }

    package func open(_ context: ExecutionContext) throws -> [any BatchStream] {
        let collector = RowCollector(types: right.types, keys: [], maySpill: false, bytesPerRow: 0, context)
        guard case .memory(let batches) = try collector.collect(try right.open(context)) else { return [] }
        if batches.isEmpty, kind == .inner || kind == .semi { return [NoRows()] }
        let store = try JoinRows(batches, types: right.types, context)
        let streams = try left.open(context)
        let probe = streams.isEmpty ? [NoRows()] : streams
        let shape = JoinShape(kind, probesLeft: true)
        collector.claim.set(
            RowBytes.of(Batch(store.columns, count: store.count))
                + (shape.flagsBuild ? store.count * (probe.count + 1) : 0))
        guard context.memory.taken <= context.memory.limit else {
            throw SQLError(
                .outOfMemory,
                "the right side of a join without equal keys does not fit the memory limit; swap the sides or raise it"
            )
        }
        let parts = JoinParts(
            shape: shape, build: store, probeTypes: left.types, residual: condition,
            tail: JoinTail(streams: probe.count, buildCount: shape.flagsBuild ? store.count : 0), marks: nil,
            claim: collector.claim, context: context)
        return probe.map { JoinStream($0, CrossCandidates(buildCount: store.count), parts) }
    }
}
