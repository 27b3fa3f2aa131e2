import DurableIO
import Threads
import Vectors

/// All rows of some streams, sorted: in memory, or as runs in files that are merged as they are read.
enum SortedInput {
    case rows(SortedRows)
    case merged(any BatchStream)
}

/// Takes the rows of streams and sorts them, in files where the memory limit does not suffice.
final class SortCollector: @unchecked Sendable {
    // The parts are used by one thread each; all else does not change.
    private let types: [SQLType]
    private let keys: [SortKey]
    private let context: ExecutionContext
    private let parts: [Part]
    /// Rows of a batch in a file: fewer where the limit is small, since merging holds a batch of each run.
    private let spillRows: Int
    private let rowBytes: Int
    /// What a thread must have at least before it writes a run.
    private let leastRun: Int
    /// How much a thread that has begun to write runs collects for the next ones: freed memory is not always as
    /// large as what is needed next, so a part of the limit stays unused.
    private let laterRuns: Int

    /// What one stream has given.
    private final class Part {
        var chunks: [SortChunk] = []
        var rowCount = 0
        var dictionaries: Set<ObjectIdentifier> = []
        var dictionaryBytes = 0
        var reservation: MemoryReservation
        var runs: [SpillFile] = []
        init(_ budget: MemoryBudget) { reservation = MemoryReservation(budget) }
    }

    private init(_ streams: Int, _ types: [SQLType], _ keys: [SortKey], _ context: ExecutionContext) {
        self.types = types
        self.keys = keys
        self.context = context
        parts = (0..<streams).map { _ in Part(context.memory) }
        rowBytes = types.reduce(8) { $0 + $1.layout.stride + 1 }
        spillRows = max(256, min(Batch.rowsMax, context.memory.limit / 64 / rowBytes))
        laterRuns = context.memory.limit / 2 / max(1, streams)
        leastRun = max(1 << 16, min(4 << 20, context.memory.limit / (8 * max(1, streams))))
    }

    static func collect(
        _ streams: [any BatchStream], types: [SQLType], keys: [SortKey], context: ExecutionContext
    ) throws -> SortedInput {
        let collector = SortCollector(streams.count, types, keys, context)
        try context.drain(streams) { try collector.take($1, stream: $0) }
        return try collector.finish()
    }

    private func take(_ batch: Batch, stream: Int) throws {
        let part = parts[stream]
        let chunk = SortChunk(batch)
        var strings = 0
        for column in chunk.columns {
            guard let dictionary = column.dictionary else { continue }
            if part.dictionaries.insert(ObjectIdentifier(dictionary)).inserted {
                strings += dictionary.byteCount
            }
        }
        part.chunks.append(chunk)
        part.rowCount += batch.count
        part.dictionaryBytes += strings
        // The rows as they came are joined first by two lists of entries, and then by the rows once more.
        let entries = 2 * MemoryLayout<SortEntry>.stride * batch.count
        let bytes = chunk.byteCount + 2 * strings + max(entries, chunk.byteCount + 4 * batch.count)
        let fits =
            part.reservation.take(bytes) && (part.runs.isEmpty || part.reservation.byteCount < laterRuns)
        let isFull = part.rowCount > Int(UInt32.max) / 2 || part.dictionaryBytes > 1 << 31
        if isFull || (!fits && part.reservation.byteCount >= leastRun) { try spill(part) }
    }

    private var spilledTypes: [SQLType] { types + [.integer] }

    private func spill(_ part: Part) throws {
        guard part.rowCount > 0 else { return }
        for chunk in part.chunks {
            let order = Vector.constant(.number(Int128(chunk.order), scale: 0), .integer, count: chunk.count)
            chunk.columns.append(ChunkColumn(order, count: chunk.count))
        }
        let context = self.context
        let sorted = try SortedRows(
            part.chunks, types: spilledTypes, keys: keys, threads: 1, reservation: part.reservation,
            check: { try context.checkInterruption() })
        part.chunks = []
        part.dictionaries = []
        let file = try SpillFile(directory: context.spillDirectory)
        var start = 0
        while start < sorted.count {
            let count = min(spillRows, sorted.count - start)
            try file.append(sorted.batch(from: start, count: count, order: 0))
            start += count
        }
        try file.finish()
        part.runs.append(file)
        part.rowCount = 0
        part.dictionaryBytes = 0
        part.reservation = MemoryReservation(context.memory)
    }

    private func finish() throws -> SortedInput {
        let rows = parts.reduce(0) { $0 + $1.rowCount }
        let strings = parts.reduce(0) { $0 + $1.dictionaryBytes }
        if parts.allSatisfy({ $0.runs.isEmpty }), rows < Int(UInt32.max), strings < Int(UInt32.max) {
            return .rows(try sortInMemory())
        }
        try ParallelTasks.run(parts.count, threads: context.threads) { try self.spill(self.parts[$0]) }
        // What the rows took would stay with threads that have ended.
        ProcessMemory.trim()
        var runs = parts.flatMap(\.runs)
        let batchBytes = 2 * spillRows * rowBytes
        let fanIn = max(4, min(128, context.memory.limit / (2 * batchBytes)))
        while runs.count > fanIn {
            var merged: [SpillFile] = []
            for start in stride(from: 0, to: runs.count, by: fanIn) {
                merged.append(try merge(Array(runs[start..<min(runs.count, start + fanIn)])))
                // Files go as soon as they are merged.
                for index in start..<min(runs.count, start + fanIn) { runs[index] = merged[merged.count - 1] }
            }
            runs = merged
        }
        let merge = try RunMerge(
            runs, types: spilledTypes, keys: keys, rowsMax: spillRows, keepsHidden: false, context: context)
        return .merged(merge)
    }

    private func sortInMemory() throws -> SortedRows {
        // Equal rows stay in the order of the source, whatever stream they came by.
        var all = parts.enumerated().flatMap { stream, part in part.chunks.map { (chunk: $0, stream: stream) }
        }
        all.sort { ($0.chunk.order, $0.stream) < ($1.chunk.order, $1.stream) }
        let reservation = MemoryReservation(context.memory)
        reservation.resize(to: parts.reduce(0) { $0 + $1.reservation.byteCount })
        for part in parts {
            part.chunks = []
            part.reservation.resize(to: 0)
        }
        let context = self.context
        return try SortedRows(
            all.map(\.chunk), types: types, keys: keys, threads: context.threads, reservation: reservation,
            check: { try context.checkInterruption() })
    }

    private func merge(_ runs: [SpillFile]) throws -> SpillFile {
        if runs.count == 1 { return runs[0] }
        let merge = try RunMerge(
            runs, types: spilledTypes, keys: keys, rowsMax: spillRows, keepsHidden: true, context: context)
        let file = try SpillFile(directory: context.spillDirectory)
        while let batch = try merge.next() { try file.append(batch) }
        try file.finish()
        return file
    }
}
