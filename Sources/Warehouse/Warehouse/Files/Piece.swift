import SQLEngine
import Synchronization
import Vectors

/// Memory of pieces that have been worked on: fresh memory of their size costs as much as reading into it.
final class PiecePool: Sendable {
    // The pointers belong to nobody while they are here.
    private let free = Mutex<[(address: UInt, capacity: Int)]>([])
    private static let piecesMax = 4

    func take() -> (UnsafeMutablePointer<UInt8>, capacity: Int)? {
        guard let (address, capacity) = free.withLock({ $0.popLast() }) else { return nil }
        return UnsafeMutablePointer(bitPattern: address).map { ($0, capacity) }
    }

    /// Whether it has kept the memory.
    func give(_ pointer: UnsafeMutablePointer<UInt8>, _ capacity: Int) -> Bool {
        free.withLock { free in
            guard free.count < Self.piecesMax else { return false }
            free.append((UInt(bitPattern: pointer), capacity))
            return true
        }
    }

    deinit {
        for (address, _) in free.withLock({ $0 }) {
            UnsafeMutablePointer<UInt8>(bitPattern: address)?.deallocate()
        }
    }
}

/// Bytes that grow at their end, in memory of their own.
final class PieceBuffer: @unchecked Sendable {
    // Filled by one thread before another one reads it.
    private(set) var pointer: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private(set) var count = 0
    private let pool: PiecePool?

    /// - Parameter pool: where the memory comes from, if it has some, and goes to.
    init(capacity: Int, pool: PiecePool? = nil) {
        self.pool = pool
        if let (pointer, capacity) = pool?.take() {
            self.pointer = pointer
            self.capacity = capacity
        } else {
            self.capacity = max(64, capacity)
            pointer = .allocate(capacity: self.capacity)
        }
    }

    deinit { if pool?.give(pointer, capacity) != true { pointer.deallocate() } }

    /// Room for `room` bytes at the end; `commit` says how many of them are used.
    func reserve(_ room: Int) -> UnsafeMutablePointer<UInt8> {
        if count + room > capacity {
            capacity = max(count + room, capacity * 2)
            let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
            larger.update(from: pointer, count: count)
            pointer.deallocate()
            pointer = larger
        }
        return pointer + count
    }

    func commit(_ bytes: Int) { count += bytes }

    func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let base = bytes.baseAddress else { return }
        reserve(bytes.count).update(from: base, count: bytes.count)
        count += bytes.count
    }

    func append(_ byte: UInt8) {
        reserve(1).pointee = byte
        count += 1
    }

    /// Takes away what follows the first `kept` bytes.
    func truncate(to kept: Int) { count = min(count, kept) }

    func bytes(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: pointer + range.lowerBound, count: range.count)
    }
}

/// Records of one file in a piece.
struct Span: Sendable {
    /// The file's place in the load.
    var file: Int
    /// Where they stand in the piece's buffer.
    var range: Range<Int>
    /// Where they begin in the file.
    var byteOffset: Int
    /// The line of the first, from 0.
    var firstLine: Int
    /// How many records of the file come before.
    var firstRecord: Int
    /// How many there are, empty ones included.
    var records: Int
    /// How many records of the piece come before.
    var pieceRecord: Int
    /// The line and the place in the file of each record, where records are not lines.
    var places: [(line: Int, byteOffset: Int)]?
    /// The names of the fields, where the file has them.
    var header: [String]?
}

/// Some whole records of one or more files, to be read by one thread.
struct Piece: Sendable {
    /// Its number, in the order of the rows.
    var index: Int
    var buffer: PieceBuffer
    var spans: [Span]
    /// Whether no other piece follows, as far as is known.
    var isLast: Bool

    /// How many records there are, empty ones included.
    var records: Int { spans.reduce(0) { $0 + $1.records } }

    /// The span of a record of the piece.
    func span(of record: Int) -> Int {
        var low = 0
        var high = spans.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if spans[middle].pieceRecord <= record { low = middle } else { high = middle - 1 }
        }
        return low
    }
}

/// Why a record was not loaded.
struct CopyError: Sendable {
    /// From 1.
    var line: Int
    /// The byte of the line, from 1.
    var character: Int
    /// Where the record begins in the file.
    var byteOffset: Int
    /// The record's number in the file, from 1.
    var row: Int
    /// The column that it was meant for.
    var column: String?
    var message: String
    /// The beginning of the record.
    var record: [UInt8]

    /// So many bytes of a record are kept.
    static let recordBytesMax = 16 << 10
}

extension CopyError {
    /// A whole file that cannot be read.
    init(unreadable error: SQLError) {
        self.init(line: 0, character: 0, byteOffset: 0, row: 0, message: error.message, record: [])
    }
}

/// What became of the records of one file.
struct FileTally: Sendable {
    var parsed = 0
    var loaded = 0
    var errorCount = 0
    /// The first of the errors.
    var errors: [CopyError] = []

    static let errorsMax = 10_000

    mutating func add(_ error: CopyError) {
        errorCount += 1
        if errors.count < Self.errorsMax { errors.append(error) }
    }

    mutating func add(_ other: FileTally) {
        parsed += other.parsed
        loaded += other.loaded
        errorCount += other.errorCount
        errors += other.errors.prefix(max(0, Self.errorsMax - errors.count))
    }
}
