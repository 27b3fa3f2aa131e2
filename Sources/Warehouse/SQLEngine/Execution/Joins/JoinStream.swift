import Synchronization
import Vectors

/// Which build rows had a match, of all streams of a join together.
final class JoinTail: @unchecked Sendable {
    // All that changes is touched under the lock alone.
    private let lock = Mutex(())
    private var streamsLeft: Int
    private var flags: [UInt8]

    init(streams: Int, buildCount: Int) {
        streamsLeft = streams
        flags = [UInt8](repeating: 0, count: buildCount)
    }

    /// Adds the flags of a stream that has ended; after the last one, the rows that are (not) flagged.
    func finish(_ added: UnsafePointer<UInt8>, matched: Bool) -> [UInt32]? {
        lock.withLock { _ in
            for row in flags.indices { flags[row] |= added[row] }
            streamsLeft -= 1
            guard streamsLeft == 0 else { return nil }
            let wanted: UInt8 = matched ? 1 : 0
            return flags.indices.lazy.filter { self.flags[$0] == wanted }.map { UInt32($0) }
        }
    }
}

/// What all streams of a join share.
struct JoinParts: Sendable {
    let shape: JoinShape
    let build: JoinRows
    let probeTypes: [SQLType]
    let residual: (any VectorExpression)?
    let tail: JoinTail
    /// What is unknown rather than false, of a mark join.
    let marks: MarkNulls?
    let claim: MemoryClaim
    let context: ExecutionContext
}

/// Joins the batches of a stream with the build side.
final class JoinStream: BatchStream {
    private let parts: JoinParts
    private let shape: JoinShape
    private let probe: any BatchStream
    private let candidates: any JoinCandidates
    private var current: Batch?
    /// Up to where probe rows without a match have been given.
    private var pending = 0
    private var ready: [Batch] = []
    private var given = 0
    private var isEnded = false
    private let rows = VectorMemory(byteCount: Batch.rowsMax * 8)
    private var outRows = VectorMemory(byteCount: Batch.rowsMax * 16)
    private var matched = VectorMemory(byteCount: Batch.rowsMax)
    private let buildFlags: VectorMemory

    /// The order of build rows at the end: behind all others.
    static let tailOrder: UInt64 = 1 << 62

    init(_ probe: any BatchStream, _ candidates: any JoinCandidates, _ parts: JoinParts) {
        self.parts = parts
        self.probe = probe
        self.candidates = candidates
        shape = parts.shape
        buildFlags = VectorMemory(byteCount: shape.flagsBuild ? parts.build.count : 0)
        buildFlags.pointer.initializeMemory(as: UInt8.self, repeating: 0, count: buildFlags.byteCount)
    }

    private var probeRows: UnsafeMutablePointer<UInt32> { rows.pointer.assumingMemoryBound(to: UInt32.self) }
    private var buildRows: UnsafeMutablePointer<UInt32> { probeRows + Batch.rowsMax }
    private var probeFlags: UnsafeMutablePointer<UInt8> {
        matched.pointer.assumingMemoryBound(to: UInt8.self)
    }
    private var flags: UnsafeMutablePointer<UInt8> { buildFlags.pointer.assumingMemoryBound(to: UInt8.self) }

    func next() throws -> Batch? {
        while true {
            if given < ready.count {
                given += 1
                return ready[given - 1]
            }
            ready.removeAll(keepingCapacity: true)
            given = 0
            if let batch = current {
                try parts.context.checkInterruption()
                try step(batch)
            } else if isEnded {
                return nil
            } else if let batch = try probe.next() {
                try begin(batch)
            } else {
                isEnded = true
                finish()
            }
        }
    }

    private func begin(_ batch: Batch) throws {
        try candidates.begin(batch)
        matched = matched.grown(used: 0, needed: batch.count)
        pending = 0
        current = batch
        switch shape.output {
        case .probeRows, .mark:
            guard parts.residual == nil else { break }
            candidates.flagMatches(probeFlags)
            current = nil
            return try giveProbeRows(batch)
        default: break
        }
        probeFlags.initialize(repeating: 0, count: batch.count)
    }

    /// Handles the next pairs of the batch.
    private func step(_ batch: Batch) throws {
        var skipping: UnsafePointer<UInt8>?
        var seen: UnsafePointer<UInt8>?
        switch shape.output {
        case .probeRows, .mark: skipping = UnsafePointer(probeFlags)
        case .buildRows: if parts.residual == nil { seen = UnsafePointer(flags) }
        case .pairs: break
        }
        let (found, completed) = candidates.fill(
            probeRows, buildRows, capacity: Batch.rowsMax, skipping: skipping, seen: seen)
        var count = found
        var combined: Batch?
        if let residual = parts.residual, found > 0 {
            let pairs = self.combined(batch, probeRows, buildRows, found, hasNone: false)
            count = JoinPairs.filter(
                probeRows, buildRows, found, by: try residual.evaluate(pairs, parts.context.evaluation))
            if count == found { combined = pairs }
        }
        if shape.flagsBuild { for pair in 0..<count { flags[Int(buildRows[pair])] = 1 } }
        switch shape.output {
        case .pairs where shape.keepsProbe: try giveWithUnmatched(batch, count, completed, combined)
        case .pairs:
            if count > 0 {
                give(combined ?? self.combined(batch, probeRows, buildRows, count, hasNone: false))
            }
        case .probeRows, .mark: for pair in 0..<count { probeFlags[Int(probeRows[pair])] = 1 }
        case .buildRows: break
        }
        guard completed == batch.count else { return }
        current = nil
        switch shape.output {
        case .probeRows, .mark: try giveProbeRows(batch)
        default: break
        }
    }

    /// Gives the pairs, and among them, where they stand, the probe rows that turn out to have none.
    private func giveWithUnmatched(_ batch: Batch, _ count: Int, _ completed: Int, _ combined: Batch?) throws
    {
        outRows = outRows.grown(used: 0, needed: (count + batch.count) * 8)
        let outProbe = outRows.pointer.assumingMemoryBound(to: UInt32.self)
        let outBuild = outProbe + count + batch.count
        let matched = probeFlags
        var given = 0
        func giveUnmatched(below end: Int) {
            while pending < end {
                if matched[pending] == 0 {
                    outProbe[given] = UInt32(truncatingIfNeeded: pending)
                    outBuild[given] = JoinRows.none
                    given += 1
                }
                pending += 1
            }
        }
        for pair in 0..<count {
            let row = Int(probeRows[pair])
            giveUnmatched(below: row)
            if matched[row] != 0, shape.isSingle {
                throw SQLError(.cardinality, "a scalar subquery gives more than one row")
            }
            matched[row] = 1
            outProbe[given] = probeRows[pair]
            outBuild[given] = buildRows[pair]
            given += 1
        }
        giveUnmatched(below: completed)
        guard given > 0 else { return }
        if given == count, let combined { return give(combined) }
        give(self.combined(batch, outProbe, outBuild, given, hasNone: given > count))
    }

    /// Gives the rows of a batch of which it is known whether they have a match.
    private func giveProbeRows(_ batch: Batch) throws {
        guard case .probeRows(let wanted) = shape.output else {
            guard let marks = parts.marks else { return }
            let mark = try marks.vector(batch, matched: probeFlags, parts)
            return give(Batch(batch.columns + [mark], count: batch.count, order: batch.order))
        }
        outRows = outRows.grown(used: 0, needed: batch.count * 4)
        let kept = outRows.pointer.assumingMemoryBound(to: UInt32.self)
        var count = 0
        let flag: UInt8 = wanted ? 1 : 0
        for row in 0..<batch.count {
            kept[count] = UInt32(truncatingIfNeeded: row)
            count &+= probeFlags[row] == flag ? 1 : 0
        }
        if count > 0 { give(count == batch.count ? batch : batch.gather(kept, count: count)) }
    }

    /// After the last batch: the build rows that are wanted by themselves.
    private func finish() {
        guard shape.flagsBuild else { return }
        var wanted = false
        var isAlone = false
        if case .buildRows(let matched) = shape.output { (wanted, isAlone) = (matched, true) }
        guard let rows = parts.tail.finish(flags, matched: wanted) else { return }
        var start = 0
        while start < rows.count {
            let count = min(Batch.rowsMax, rows.count - start)
            let built = rows.withUnsafeBufferPointer { buffer in
                buffer.baseAddress.map { parts.build.gather($0 + start, count: count, hasNone: false) } ?? []
            }
            let others = isAlone ? [] : parts.probeTypes.map { Vector.nulls($0, count: count) }
            let columns = shape.probesLeft ? others + built : built + others
            ready.append(Batch(columns, count: count, order: Self.tailOrder))
            start += count
        }
    }

    private func combined(
        _ batch: Batch, _ probeRows: UnsafePointer<UInt32>, _ buildRows: UnsafePointer<UInt32>, _ count: Int,
        hasNone: Bool
    ) -> Batch {
        JoinPairs.combined(
            batch, parts.build, probeRows, buildRows, count, hasNone: hasNone, probesLeft: shape.probesLeft)
    }

    private func give(_ batch: Batch) {
        guard batch.count > Batch.rowsMax else { return ready.append(batch) }
        var start = 0
        while start < batch.count {
            let count = min(Batch.rowsMax, batch.count - start)
            ready.append(batch.slice(from: start, count: count))
            start += count
        }
    }
}

/// Pairs of probe rows and build rows.
enum JoinPairs {
    /// The columns of both sides, left before right.
    static func combined(
        _ batch: Batch, _ build: JoinRows, _ probeRows: UnsafePointer<UInt32>,
        _ buildRows: UnsafePointer<UInt32>,
        _ count: Int, hasNone: Bool, probesLeft: Bool
    ) -> Batch {
        var isWhole = count == batch.count
        if isWhole { for row in 0..<count where Int(probeRows[row]) != row { isWhole = false } }
        let probed = isWhole ? batch.columns : batch.columns.map { $0.gather(probeRows, count: count) }
        let built = build.gather(buildRows, count: count, hasNone: hasNone)
        return Batch(probesLeft ? probed + built : built + probed, count: count, order: batch.order)
    }

    /// Keeps the pairs for which a condition is TRUE; how many there are.
    static func filter(
        _ probeRows: UnsafeMutablePointer<UInt32>, _ buildRows: UnsafeMutablePointer<UInt32>, _ count: Int,
        by condition: Vector
    ) -> Int {
        var kept = 0
        let truths = condition.bools
        let validity = condition.validity
        for pair in 0..<count {
            probeRows[kept] = probeRows[pair]
            buildRows[kept] = buildRows[pair]
            let isTrue = truths[pair] != 0 && validity.map { $0[pair] != 0 } ?? true
            kept &+= isTrue ? 1 : 0
        }
        return kept
    }
}
