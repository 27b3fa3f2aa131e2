public import DurableIO

/// Checks a partition's files against each other: every batch's checksum, structure and place; every record; every
/// entry of the indexes by the rules of Kafka's DumpLogSegments; the producers' snapshots. Changes nothing.
public struct SegmentCheck: Sendable {
    /// Something that is wrong.
    public struct Problem: Sendable, Equatable {
        /// The file.
        public let path: String
        /// What is wrong, and where in the file.
        public let reason: String
        /// Whether records are lost by it; if not, opening the log after an unclean stop makes it anew.
        public let losesRecords: Bool
    }

    /// What is wrong, in the order of the files.
    public private(set) var problems: [Problem] = []
    /// How many segments were looked at.
    public private(set) var segments = 0
    /// How many batches.
    public private(set) var batches = 0
    /// How many records, markers included.
    public private(set) var records = 0
    /// How many bytes of batches.
    public private(set) var bytes = 0

    private let fileSystem: FileSystem

    /// A check that has looked at nothing.
    public init(fileSystem: FileSystem = .local) {
        self.fileSystem = fileSystem
    }

    /// Checks the directory of a partition.
    ///
    /// - Throws: `DurableIOError` where the files cannot be read.
    public mutating func check(_ directory: String) throws {
        let names = try fileSystem.list(directory)
        var next = Offset.zero
        for name in names {
            guard let base = SegmentPaths.baseOffset(name, suffix: ".log") else { continue }
            let paths = SegmentPaths(directory, base)
            if base < next {
                add(paths.log, "its first offset is before \(next), where the segment before it ends", true)
            }
            let layout = try checkLog(paths, base)
            try checkIndexes(paths, base, layout)
            next = max(base, layout.end)
            segments += 1
        }
        for name in names where SegmentPaths.baseOffset(name, suffix: ".snapshot") != nil {
            let path = "\(directory)/\(name)"
            do {
                _ = try ProducerStates(reading: try fileSystem.contents(of: path))
            } catch let error as LogError {
                add(path, error.message, false)
            }
        }
    }

    /// Where the batches of a segment lie, for its indexes to be held against.
    private struct Layout {
        var lastOffsets: [Int: Offset] = [:]
        var timestamps: [Offset: Int64] = [:]
        var latest: Int64 = -1
        var end: Offset
    }

    private mutating func add(_ path: String, _ reason: String, _ losesRecords: Bool) {
        problems.append(Problem(path: path, reason: reason, losesRecords: losesRecords))
    }

    private mutating func checkLog(_ paths: SegmentPaths, _ base: Offset) throws -> Layout {
        let file = try fileSystem.open(paths.log, .read)
        let size = try file.size()
        let reader = BatchFileReader(file, to: size)
        var layout = Layout(end: base)
        var scratch = RecordScratch()
        while true {
            let position = reader.position
            do {
                guard let batch = try reader.next() else { break }
                let header = batch.header
                if header.baseOffset < layout.end {
                    throw LogError(
                        .corruptMessage, "offset \(header.baseOffset) cannot follow \(layout.end)")
                }
                try batch.requireIntact()
                var largest: Int64 = -1
                try batch.forEachRecord(&scratch) { record in
                    records += 1
                    largest = max(largest, record.timestamp)
                }
                batches += 1
                layout.lastOffsets[position] = header.lastOffset
                layout.timestamps[header.lastOffset] = largest
                layout.latest = max(layout.latest, header.maxTimestamp)
                layout.end = header.lastOffset + 1
            } catch let error as LogError {
                let prefix = "\(paths.log) at byte \(position): "
                let reason =
                    error.message.hasPrefix(prefix)
                    ? String(error.message.dropFirst(prefix.count)) : error.message
                let isDamage = error.code != .unsupportedForMessageFormat
                add(paths.log, "at byte \(position): \(reason)", isDamage)
                if reader.position == position { break }
            }
        }
        bytes += size
        return layout
    }

    private mutating func checkIndexes(_ paths: SegmentPaths, _ base: Offset, _ layout: Layout) throws {
        try checkIndex(paths.offsetIndex, base) { (entry: OffsetEntry) in
            layout.lastOffsets[entry.position] == entry.offset
                ? nil : "no batch at byte \(entry.position) ends with offset \(entry.offset)"
        }
        try checkIndex(paths.timeIndex, base) { (entry: TimeEntry) in
            layout.timestamps[entry.offset] == entry.timestamp
                ? nil : "no batch that ends with offset \(entry.offset) has time \(entry.timestamp)"
        }
        try checkIndex(paths.transactionIndex, base) { (entry: AbortedTransaction) in
            entry.firstOffset <= entry.lastOffset && entry.lastOffset < layout.end
                ? nil : "a transaction from \(entry.firstOffset) to \(entry.lastOffset) is not in the segment"
        }
    }

    private mutating func checkIndex<Entry: IndexEntry>(
        _ path: String, _ base: Offset, _ fault: (Entry) -> String?
    ) throws {
        // Indexes of a segment that is being written are not there yet.
        guard try fileSystem.kind(of: path) == .file else { return }
        let bytes = try fileSystem.contents(of: path)
        guard bytes.count % Entry.byteCount == 0 else {
            return add(path, "\(bytes.count) bytes are not a whole number of entries", false)
        }
        var last: Entry?
        for start in stride(from: 0, to: bytes.count, by: Entry.byteCount) {
            let entry = bytes.withUnsafeBytes {
                Entry(UnsafeRawBufferPointer(rebasing: $0[start...]), base: base)
            }
            if let last, !entry.follows(last) {
                return add(path, "at byte \(start): the entry does not go on from the one before", false)
            }
            if let reason = fault(entry) { return add(path, "at byte \(start): \(reason)", false) }
            last = entry
        }
    }
}
