package import Vectors

/// Joins rows of which keys are equal: the rows of one side are put into a hash table, those of the other are
/// looked up in it.
///
/// Gives the columns of the left side, then those of the right; `semi` and `anti` the left ones alone, `mark`
/// the left ones and a BOOLEAN. Batches keep the order of the probe side; build rows without a match come at
/// the end. Where the build side does not fit the memory, both sides are partitioned into files, and the
/// order is that of the partitions.
package final class HashJoinOperator: PhysicalOperator {
    package let types: [SQLType]
    private let left: any PhysicalOperator
    private let right: any PhysicalOperator
    private let kind: JoinKind
    private let leftKeys: [Int]
    private let rightKeys: [Int]
    private let nullSafe: [Bool]
    private let residual: (any VectorExpression)?
    private let shape: JoinShape
    private let comparedKeys: Int

    /// - Parameters:
    ///   - leftKeys: columns of the left side, of the same types as those of `rightKeys`. There may be none.
    ///   - nullSafe: for which pairs of keys NULL equals NULL.
    ///   - residual: what else must be TRUE of a pair: an expression over the left columns, then the right
    ///     ones.
    ///   - buildsLeft: whether the left side is put into memory rather than the right one. `mark` and
    ///     `leftSingle` always put the right side there.
    ///   - comparedKeys: of a `mark` join, how many of the keys, from the first on, are what IN compares, so
    ///     that NULLs in them make the result unknown; `nil`: all.
    package init(
        left: any PhysicalOperator, right: any PhysicalOperator, kind: JoinKind, leftKeys: [Int],
        rightKeys: [Int],
        nullSafe: [Bool]? = nil, residual: (any VectorExpression)? = nil, buildsLeft: Bool = false,
        comparedKeys: Int? = nil
    ) {
        precondition(leftKeys.count == rightKeys.count, "keys come in pairs")
        self.left = left
        self.right = right
        self.kind = kind
        self.leftKeys = leftKeys
        self.rightKeys = rightKeys
        self.nullSafe = nullSafe ?? leftKeys.map { _ in false }
        self.residual = residual
        self.comparedKeys = comparedKeys ?? leftKeys.count
        shape = JoinShape(kind, probesLeft: !buildsLeft || kind == .mark || kind == .leftSingle)
        types = JoinTypes.of(kind, left.types, right.types)
    }

    package var children: [any PhysicalOperator] { [left, right] }

    package var title: String {
        let pairs = zip(leftKeys, zip(rightKeys, nullSafe)).map { left, right in
            "#\(left) \(right.1 ? "IS NOT DISTINCT FROM" : "=") #\(right.0 + self.left.types.count)"
        }
        let on = pairs.isEmpty ? "" : " on \(pairs.joined(separator: " and "))"
        return "HashJoin \(kind.rawValue)\(on)\(residual == nil ? "" : " and a condition")"
            + (shape.probesLeft ? "" : ", left in memory")
    }

    package func open(_ context: ExecutionContext) throws -> [any BatchStream] {
        let work = HashJoinWork(
            shape: shape, probeTypes: (shape.probesLeft ? left : right).types,
            buildTypes: (shape.probesLeft ? right : left).types,
            probeKeys: shape.probesLeft ? leftKeys : rightKeys,
            buildKeys: shape.probesLeft ? rightKeys : leftKeys, nullSafe: nullSafe, residual: residual,
            comparedKeys: comparedKeys, context: context)
        let (probe, build) = shape.probesLeft ? (left, right) : (right, left)
        let collector = RowCollector(
            types: work.buildTypes, keys: work.buildKeys, maySpill: work.maySpill,
            bytesPerRow: HashJoinWork.indexBytes,
            context)
        switch try collector.collect(try build.open(context)) {
        case .memory(let batches):
            if batches.isEmpty, kind == .inner || kind == .semi { return [NoRows()] }
            return try work.streams(over: try probe.open(context), batches, collector.claim)
        case .partitions(let buildRows):
            let probeRows = PartitionedRows(
                types: work.probeTypes, keys: work.probeKeys, level: 0, directory: context.spillDirectory)
            let streams = try probe.open(context)
            if !streams.isEmpty { try context.drain(streams) { _, batch in try probeRows.append(batch) } }
            return try PartitionedJoin(work, build: buildRows.finish(), probe: probeRows.finish()).streams()
        }
    }
}

/// The types of what joins give.
enum JoinTypes {
    static func of(_ kind: JoinKind, _ left: [SQLType], _ right: [SQLType]) -> [SQLType] {
        switch kind {
        case .semi, .anti: left
        case .mark: left + [.boolean]
        default: left + right
        }
    }
}

/// What it takes to join by hash, whichever rows.
struct HashJoinWork: Sendable {
    let shape: JoinShape
    let probeTypes: [SQLType]
    let buildTypes: [SQLType]
    let probeKeys: [Int]
    let buildKeys: [Int]
    let nullSafe: [Bool]
    let residual: (any VectorExpression)?
    let comparedKeys: Int
    let context: ExecutionContext

    /// About what a row needs in the hash table.
    static let indexBytes = 48

    private var isMark: Bool { if case .mark = shape.output { true } else { false } }

    /// Whether partitions can be joined by themselves. Marks depend on the NULLs of all build rows, of which
    /// only what a single key needs is carried along.
    var maySpill: Bool { !probeKeys.isEmpty && (!isMark || (probeKeys.count == 1 && residual == nil)) }

    /// What marks need to know of all build rows.
    func known(_ build: [PartitionedRows.Part?]) throws -> MarkNulls.Known? {
        guard isMark else { return nil }
        var known = MarkNulls.Known(isEmpty: true, hasNulls: false)
        for part in build.compactMap(\.self) {
            known.isEmpty = false
            let stream = try part.file.makeStream(types: buildTypes)
            while !known.hasNulls, let batch = try stream.next() {
                let key = batch.columns[buildKeys[0]]
                known.hasNulls = key.validity != nil && (0..<batch.count).contains { !key.isValid($0) }
            }
        }
        return known
    }

    /// Streams that join each stream of the probe side with the build rows.
    func streams(
        over probe: [any BatchStream], _ batches: [Batch], _ claim: MemoryClaim, known: MarkNulls.Known? = nil
    ) throws -> [any BatchStream] {
        let store = try JoinRows(batches, types: buildTypes, context)
        let index = try JoinIndex(store, keys: buildKeys, nullSafe: nullSafe, context)
        let probe = probe.isEmpty ? [NoRows()] : probe
        let bytes = RowBytes.of(Batch(store.columns, count: store.count)) + index.byteCount
        claim.set(bytes + (shape.flagsBuild ? store.count * (probe.count + 1) : 0))
        let marks =
            isMark
            ? MarkNulls(
                store, probeKeys: probeKeys, buildKeys: buildKeys, nullSafe: nullSafe, compared: comparedKeys,
                known: known)
            : nil
        let parts = JoinParts(
            shape: shape, build: store, probeTypes: probeTypes, residual: residual,
            tail: JoinTail(streams: probe.count, buildCount: shape.flagsBuild ? store.count : 0),
            marks: marks,
            claim: claim, context: context)
        return probe.map { JoinStream($0, HashCandidates(index, keys: probeKeys), parts) }
    }
}
