import DurableIO

// Three files go with each segment's .log, entries back to back, big-endian:
//
//   .index      int32 last offset of a batch minus the base offset, int32 position of that batch's first byte
//   .timeindex  int64 largest timestamp so far, int32 last offset of the batch that reached it minus the base offset
//   .txnindex   int16 version 0, int64 producer id, int64 first offset of an aborted transaction, int64 offset of
//               its marker, int64 last stable offset behind the marker
//
// They are kept in memory while the segment is written, go to their files when it is closed, and are mapped from
// there afterwards.

/// An entry of an index: its size, its order, and how it stands in the file.
protocol IndexEntry: Equatable {
    static var byteCount: Int { get }
    /// Reads an entry at the start of `bytes`.
    init(_ bytes: UnsafeRawBufferPointer, base: Offset)
    func encode(into bytes: inout [UInt8], base: Offset)
    /// Whether the entry may stand behind `other`.
    func follows(_ other: Self) -> Bool
}

/// The entries of one index of one segment.
struct SegmentIndex<Entry: IndexEntry> {
    private enum Storage {
        case memory([UInt8])
        case mapped(MappedFile)
    }

    private let base: Offset
    private var storage = Storage.memory([])
    private(set) var last: Entry?

    init(base: Offset) {
        self.base = base
    }

    /// Takes the entries of a file that was closed cleanly.
    ///
    /// - Returns: `nil` where there is no such file, or its entries cannot be right, so that the index has to
    ///   be made anew.
    init?(mapping path: String, base: Offset, fileSystem: FileSystem, _ isValid: (Entry) -> Bool) throws {
        guard try fileSystem.kind(of: path) == .file else { return nil }
        self.base = base
        storage = .mapped(try MappedFile(try fileSystem.open(path, .read)))
        guard byteCount % Entry.byteCount == 0 else { return nil }
        for index in 0..<count {
            let entry = self[index]
            guard isValid(entry), last.map({ entry.follows($0) }) ?? true else { return nil }
            last = entry
        }
    }

    var count: Int { byteCount / Entry.byteCount }

    var byteCount: Int {
        switch storage {
        case .memory(let bytes): bytes.count
        case .mapped(let file): file.bytes.count
        }
    }

    subscript(index: Int) -> Entry {
        withBytes {
            Entry(UnsafeRawBufferPointer(rebasing: $0[(index * Entry.byteCount)...]), base: base)
        }
    }

    var entries: [Entry] { (0..<count).map { self[$0] } }

    mutating func append(_ entry: Entry) {
        guard case .memory(var bytes) = storage else {
            storage = .memory(withBytes(Array.init))
            return append(entry)
        }
        storage = .memory([])
        entry.encode(into: &bytes, base: base)
        storage = .memory(bytes)
        last = entry
    }

    /// The last entry for which `isBefore` holds; it holds for none behind one for which it does not.
    func last(where isBefore: (Entry) -> Bool) -> Entry? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : self[low - 1]
    }

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        switch storage {
        case .memory(let bytes): try bytes.withUnsafeBytes(body)
        case .mapped(let file): try body(file.bytes)
        }
    }

    /// Writes the entries to a file and reads them from there from then on.
    ///
    /// The file takes the old one's place as a whole: others may have that mapped.
    mutating func write(to path: String, fileSystem: FileSystem) throws {
        guard case .memory(let bytes) = storage else { return }
        let file = try fileSystem.open(path + ".tmp", .replace)
        try file.write(bytes, at: 0)
        try fileSystem.rename(path + ".tmp", to: path)
        storage = .mapped(try MappedFile(file))
    }
}

/// Which batch lies where.
struct OffsetEntry: IndexEntry {
    static let byteCount = 8
    /// The last offset of the batch.
    let offset: Offset
    /// The batch's first byte.
    let position: Int

    init(_ offset: Offset, _ position: Int) {
        self.offset = offset
        self.position = position
    }

    init(_ bytes: UnsafeRawBufferPointer, base: Offset) {
        offset = base + Int64(bytes.bigEndian(at: 0, as: Int32.self))
        position = Int(bytes.bigEndian(at: 4, as: Int32.self))
    }

    func encode(into bytes: inout [UInt8], base: Offset) {
        bytes.appendBigEndian(Int32(offset - base))
        bytes.appendBigEndian(Int32(position))
    }

    func follows(_ other: OffsetEntry) -> Bool { offset > other.offset && position > other.position }
}

/// By which offset a time has been reached.
struct TimeEntry: IndexEntry {
    static let byteCount = 12
    /// The largest timestamp so far, in milliseconds since 1970.
    let timestamp: Int64
    /// The last offset of the first batch that reached it.
    let offset: Offset

    init(_ timestamp: Int64, _ offset: Offset) {
        self.timestamp = timestamp
        self.offset = offset
    }

    init(_ bytes: UnsafeRawBufferPointer, base: Offset) {
        timestamp = bytes.bigEndian(at: 0, as: Int64.self)
        offset = base + Int64(bytes.bigEndian(at: 8, as: Int32.self))
    }

    func encode(into bytes: inout [UInt8], base: Offset) {
        bytes.appendBigEndian(timestamp)
        bytes.appendBigEndian(Int32(offset - base))
    }

    func follows(_ other: TimeEntry) -> Bool { timestamp > other.timestamp && offset >= other.offset }
}

/// A transaction that was aborted: its producer's records from `firstOffset` to the marker do not count.
public struct AbortedTransaction: Equatable, Sendable {
    /// The producer.
    public let producerID: Int64
    /// The offset of its first record.
    public let firstOffset: Offset
    /// The offset of the marker.
    public let lastOffset: Offset
    /// The last stable offset once the marker was there.
    public let lastStableOffset: Offset
}

extension AbortedTransaction: IndexEntry {
    static let byteCount = 34

    init(_ bytes: UnsafeRawBufferPointer, base: Offset) {
        producerID = bytes.bigEndian(at: 2, as: Int64.self)
        firstOffset = Offset(bytes.bigEndian(at: 10, as: Int64.self))
        lastOffset = Offset(bytes.bigEndian(at: 18, as: Int64.self))
        lastStableOffset = Offset(bytes.bigEndian(at: 26, as: Int64.self))
    }

    func encode(into bytes: inout [UInt8], base: Offset) {
        bytes.appendBigEndian(Int16(0))
        bytes.appendBigEndian(producerID)
        bytes.appendBigEndian(firstOffset.value)
        bytes.appendBigEndian(lastOffset.value)
        bytes.appendBigEndian(lastStableOffset.value)
    }

    func follows(_ other: AbortedTransaction) -> Bool { lastOffset > other.lastOffset }
}

extension [UInt8] {
    mutating func appendBigEndian<Integer: FixedWidthInteger>(_ value: Integer) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}
