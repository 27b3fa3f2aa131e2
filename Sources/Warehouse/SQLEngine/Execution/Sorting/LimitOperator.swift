import Synchronization
package import Vectors

/// The first rows behind an offset, in the order of the source whatever stream they come by.
package final class LimitOperator: PhysicalOperator {
    package let types: [SQLType]
    private let child: any PhysicalOperator
    private let limit: Int?
    private let offset: Int
    /// Up to this many rows are fetched by all threads, which may have to hold as many each.
    private static let parallelMax = 1 << 17

    package init(_ child: any PhysicalOperator, limit: Int?, offset: Int = 0) {
        self.child = child
        self.limit = limit.map { max(0, $0) }
        self.offset = max(0, offset)
        types = child.types
    }

    package var children: [any PhysicalOperator] { [child] }

    package var title: String {
        let parts = [limit.map(String.init) ?? "ALL", offset > 0 ? "offset \(offset)" : ""]
        return "Limit " + parts.filter { !$0.isEmpty }.joined(separator: " ")
    }

    package func open(_ context: ExecutionContext) throws -> [any BatchStream] {
        if limit == 0 { return [EmptyStream()] }
        let streams = try child.open(context)
        if limit == nil, offset == 0 { return streams }
        guard streams.count > 1 else {
            return streams.map { LimitStream($0, limit: limit, offset: offset) }
        }
        let needed =
            limit.map { $0.addingReportingOverflow(offset) }.map { $0.overflow ? .max : $0.partialValue }
            ?? .max
        let ordered: any BatchStream
        if needed <= Self.parallelMax, context.threads > 1 {
            let first = FirstRows(streams: streams.count, needed: needed)
            // Not `drain`, which cannot end before the streams do.
            let sources = streams.map(OneThread.init)
            try ParallelTasks.run(streams.count, threads: streams.count) { index in
                while first.wantsMore(index), let batch = try sources[index].stream.next() {
                    try context.checkInterruption()
                    first.add(batch, index)
                }
                first.end(index)
            }
            ordered = try BatchSource(types: types, parts: [first.sorted]).open(context)[0]
        } else {
            ordered = try OrderedStream(streams)
        }
        return [LimitStream(ordered, limit: limit, offset: offset)]
    }

    // One thread at a time uses a stream; the box only carries it there.
    private final class OneThread: @unchecked Sendable {
        let stream: any BatchStream
        init(_ stream: any BatchStream) { self.stream = stream }
    }
}

/// Batches of several threads, until the first rows are surely among them.
private final class FirstRows: Sendable {
    private struct State {
        var batches: [(batch: Batch, stream: Int)] = []
        /// The order that each stream has come to; `nil` before its first batch. Ended ones are at the
        /// greatest.
        var reached: [UInt64?]
        var own: [Int]
        var isDone = false
    }

    private let state: Mutex<State>
    private let needed: Int

    init(streams: Int, needed: Int) {
        self.needed = needed
        state = Mutex(
            State(reached: Array(repeating: nil, count: streams), own: Array(repeating: 0, count: streams)))
    }

    func wantsMore(_ stream: Int) -> Bool { state.withLock { !$0.isDone && $0.own[stream] < needed } }

    func add(_ batch: Batch, _ stream: Int) {
        state.withLock { state in
            state.batches.append((batch, stream))
            state.own[stream] += batch.count
            state.reached[stream] = batch.order
            update(&state)
        }
    }

    func end(_ stream: Int) {
        state.withLock { state in
            state.reached[stream] = .max
            update(&state)
        }
    }

    /// What comes from now on is behind the order that all streams have come to.
    private func update(_ state: inout State) {
        guard !state.isDone, state.own.reduce(0, +) >= needed else { return }
        var bound = UInt64.max
        for reached in state.reached {
            guard let reached else { return }
            bound = min(bound, reached)
        }
        let sure = state.batches.reduce(0) { $0 + ($1.batch.order <= bound ? $1.batch.count : 0) }
        state.isDone = sure >= needed
    }

    var sorted: [Batch] {
        state.withLock { state in
            state.batches.sort { ($0.batch.order, $0.stream) < ($1.batch.order, $1.stream) }
            return state.batches.map(\.batch)
        }
    }
}

/// The batches of several streams in rising order, by one thread.
final class OrderedStream: BatchStream {
    private let streams: [any BatchStream]
    private var heads: [Batch?]

    init(_ streams: [any BatchStream]) throws {
        self.streams = streams
        heads = try streams.map { try $0.next() }
    }

    func next() throws -> Batch? {
        var first: Int?
        var least = UInt64.max
        for (index, head) in heads.enumerated() {
            guard let head, first == nil || head.order < least else { continue }
            first = index
            least = head.order
        }
        guard let first else { return nil }
        let batch = heads[first]
        heads[first] = try streams[first].next()
        return batch
    }
}

/// The first rows of a stream behind an offset.
final class LimitStream: BatchStream {
    let sortedBy: [SortKey]
    private var stream: (any BatchStream)?
    private var skipped: Int
    private var left: Int

    init(_ stream: any BatchStream, limit: Int?, offset: Int) {
        self.stream = stream
        sortedBy = stream.sortedBy
        skipped = offset
        left = limit ?? .max
    }

    func next() throws -> Batch? {
        while left > 0, let batch = try stream?.next() {
            if batch.count <= skipped {
                skipped -= batch.count
                continue
            }
            let count = min(left, batch.count - skipped)
            let part = batch.slice(from: skipped, count: count)
            skipped = 0
            left -= count
            if left == 0 { stream = nil }
            return part
        }
        stream = nil
        return nil
    }
}
