import DurableIO

// Two files go with each segment's .log, entries back to back, big-endian:
//
//   .index      int32 last offset of a batch minus the base offset, int32 position of that batch's first byte
//   .timeindex  int64 largest timestamp so far, int32 last offset of the batch that reached it minus the base offset

/// The sparse map from offsets to positions of one segment.
struct OffsetIndex {
    static let entryBytes = 8

    struct Entry: Equatable {
        let offset: Offset
        let position: Int
    }

    private(set) var entries: [Entry] = []

    mutating func append(_ offset: Offset, position: Int) {
        entries.append(Entry(offset: offset, position: position))
    }

    /// A position at or before the batch that holds `offset`.
    func floorPosition(_ offset: Offset) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].offset <= offset { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? 0 : entries[low - 1].position
    }

    func encoded(base: Offset) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.count * Self.entryBytes)
        for entry in entries {
            bytes.appendBigEndian(Int32(entry.offset - base))
            bytes.appendBigEndian(Int32(entry.position))
        }
        return bytes
    }

    /// Reads the entries of a file that was closed cleanly.
    ///
    /// - Returns: `nil` where they cannot be right, so that the index has to be rebuilt.
    init?(reading bytes: [UInt8], base: Offset, logBytes: Int) {
        guard bytes.count % Self.entryBytes == 0 else { return nil }
        let valid = bytes.withUnsafeBytes { bytes in
            for start in stride(from: 0, to: bytes.count, by: Self.entryBytes) {
                let offset = base + Int64(bytes.bigEndian(at: start, as: Int32.self))
                let position = Int(bytes.bigEndian(at: start + 4, as: Int32.self))
                guard offset >= base, position >= 0, position < logBytes,
                    entries.last.map({ $0.offset < offset && $0.position < position }) ?? true
                else { return false }
                append(offset, position: position)
            }
            return true
        }
        guard valid else { return nil }
    }

    init() {}
}

/// The sparse map from timestamps to offsets of one segment.
struct TimeIndex {
    static let entryBytes = 12

    struct Entry: Equatable {
        let timestamp: Int64
        let offset: Offset
    }

    private(set) var entries: [Entry] = []

    /// Adds an entry unless the timestamp is no later than the last one's.
    mutating func append(_ timestamp: Int64, _ offset: Offset) {
        if let last = entries.last, timestamp <= last.timestamp { return }
        entries.append(Entry(timestamp: timestamp, offset: offset))
    }

    func encoded(base: Offset) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.count * Self.entryBytes)
        for entry in entries {
            bytes.appendBigEndian(entry.timestamp)
            bytes.appendBigEndian(Int32(entry.offset - base))
        }
        return bytes
    }

    /// Reads the entries of a file that was closed cleanly; `nil` where they cannot be right.
    init?(reading bytes: [UInt8], base: Offset) {
        guard bytes.count % Self.entryBytes == 0 else { return nil }
        let valid = bytes.withUnsafeBytes { bytes in
            for start in stride(from: 0, to: bytes.count, by: Self.entryBytes) {
                let timestamp = bytes.bigEndian(at: start, as: Int64.self)
                let offset = base + Int64(bytes.bigEndian(at: start + 8, as: Int32.self))
                guard offset >= base,
                    entries.last.map({ $0.timestamp < timestamp && $0.offset <= offset }) ?? true
                else { return false }
                entries.append(Entry(timestamp: timestamp, offset: offset))
            }
            return true
        }
        guard valid else { return nil }
    }

    init() {}
}

extension [UInt8] {
    mutating func appendBigEndian<Integer: FixedWidthInteger>(_ value: Integer) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}
