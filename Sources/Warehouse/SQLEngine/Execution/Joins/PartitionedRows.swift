import Synchronization
import Vectors

/// Rows in temporary files by a hash of key columns: rows with equal keys are in the same file. Any thread
/// may append.
final class PartitionedRows: @unchecked Sendable {
    // All that changes is touched under the lock alone, until `finish`.

    /// The rows of one file.
    struct Part: Sendable {
        let file: SpillFile
        /// Their bytes when they are in memory, about.
        let byteCount: Int
        var rowCount: Int { file.rowCount }
    }

    /// How many files there are.
    static let fanout = 16
    /// How often rows can be divided anew, each time by other bits of the hash.
    static let levels = 6

    private let types: [SQLType]
    private let keys: [Int]
    private let level: Int
    private let directory: String
    private let lock = Mutex(())
    private var files: [SpillFile?]
    private var byteCounts = [Int](repeating: 0, count: PartitionedRows.fanout)
    private var pending: [[VectorCollector]]
    private var pendingCounts = [Int](repeating: 0, count: PartitionedRows.fanout)
    private static let batchRows = 4096

    init(types: [SQLType], keys: [Int], level: Int, directory: String) {
        self.types = types
        self.keys = keys
        self.level = level
        self.directory = directory
        files = Array(repeating: nil, count: Self.fanout)
        pending = Array(repeating: [], count: Self.fanout)
    }

    func append(_ batch: Batch) throws {
        let count = batch.count
        let memory = VectorMemory(byteCount: count * 16)
        defer { withExtendedLifetime(memory) {} }
        let hashes = memory.pointer.assumingMemoryBound(to: UInt64.self)
        RowHashes.compute(batch, columns: keys, into: hashes)
        let shift = UInt64(60 - 4 * level)
        var starts = [Int](repeating: 0, count: Self.fanout + 1)
        for row in 0..<count { starts[Int(hashes[row] &>> shift & 15) + 1] += 1 }
        for part in 0..<Self.fanout { starts[part + 1] += starts[part] }
        let rows = (memory.pointer + count * 8).assumingMemoryBound(to: UInt32.self)
        var next = starts
        for row in 0..<count {
            let part = Int(hashes[row] &>> shift & 15)
            rows[next[part]] = UInt32(row)
            next[part] += 1
        }
        let bytes = RowBytes.of(batch)
        try lock.withLock { _ in
            for part in 0..<Self.fanout where starts[part + 1] > starts[part] {
                let share = starts[part + 1] - starts[part]
                byteCounts[part] += bytes * share / count
                try add(batch, rows + starts[part], share, to: part)
            }
        }
    }

    private func add(_ batch: Batch, _ rows: UnsafePointer<UInt32>, _ count: Int, to part: Int) throws {
        if pendingCounts[part] == 0 { pending[part] = types.map { VectorCollector($0, capacity: count) } }
        for (collector, vector) in zip(pending[part], batch.columns) {
            collector.append(vector, rows: rows, count: count)
        }
        pendingCounts[part] += count
        if pendingCounts[part] >= Self.batchRows { try flush(part) }
    }

    private func flush(_ part: Int) throws {
        guard pendingCounts[part] > 0 else { return }
        let file = try files[part] ?? SpillFile(directory: directory)
        files[part] = file
        try file.append(Batch(pending[part].map { $0.finish() }, count: pendingCounts[part]))
        pending[part] = []
        pendingCounts[part] = 0
    }

    /// Writes what is left; the files, `nil` for those without rows. Nothing can be appended after.
    func finish() throws -> [Part?] {
        try lock.withLock { _ in
            for part in 0..<Self.fanout {
                try flush(part)
                try files[part]?.finish()
            }
        }
        return zip(files, byteCounts).map { file, bytes in file.map { Part(file: $0, byteCount: bytes) } }
    }
}

extension PartitionedRows.Part {
    /// The same rows in files by further bits of the hash.
    func divided(
        types: [SQLType], keys: [Int], level: Int, _ context: ExecutionContext
    ) throws -> [PartitionedRows.Part?] {
        let rows = PartitionedRows(types: types, keys: keys, level: level, directory: context.spillDirectory)
        let stream = try file.makeStream(types: types)
        while let batch = try stream.next() {
            try context.checkInterruption()
            try rows.append(batch)
        }
        return try rows.finish()
    }

    /// All rows.
    func batches(types: [SQLType], _ context: ExecutionContext) throws -> [Batch] {
        var batches: [Batch] = []
        let stream = try file.makeStream(types: types)
        while let batch = try stream.next() {
            try context.checkInterruption()
            batches.append(batch)
        }
        return batches
    }
}
