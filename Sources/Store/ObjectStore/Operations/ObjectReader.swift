import DurableIO
import Synchronization
import Threads

/// Reads the data of one version of an object, or a range of it, block by block, each checked against its hash before
/// it is handed out. While a block is looked at, other threads read and check the next ones, as many as there are
/// processors to spare. What is deleted or replaced meanwhile stays readable here, where it has no more than 64
/// parts. Not thread-safe.
public final class ObjectReader {
    /// What is known of the version.
    public let info: ObjectInfo
    /// Which of its bytes are read.
    public let range: Range<Int>

    private static let readAheadMax = 2

    private let source: Source
    private let blocks: BlockPlaces
    /// The next block to hand out, and the first that nobody reads yet.
    private var nextBlock = 0
    private var nextRead = 0
    private var ahead: [Future<FrameBuffer, any Error>] = []
    /// The memory of the block that was handed out last.
    private var current: FrameBuffer?
    private var spare: [FrameBuffer] = []
    /// What ended the reading; it stays ended.
    private var failure: (any Error)?

    init(
        _ drive: Drive, _ meta: XLMeta, _ object: XLObject, _ info: ObjectInfo, at location: ObjectLocation,
        range: Range<Int>
    ) throws {
        self.info = info
        self.range = range
        try object.requirePlain(location)
        if let stream = meta.inlineStream(of: object) {
            source = .inline(stream, place: "the inline data of \(location.directory)/\(Drive.metadataName)")
            try BitrotStream.check(
                byteCount: stream.count, dataBytes: object.byteCount, place: source.name(of: 0))
            blocks = BlockPlaces(of: [object.byteCount], in: range)
        } else {
            guard !object.isInline else {
                throw StoreError(
                    .corrupt,
                    "\(location.directory)/\(Drive.metadataName) lacks its inline data: the object is damaged"
                )
            }
            blocks = BlockPlaces(of: object.partBytes, in: range)
            source = .parts(
                try PartFiles(drive, object, in: location, wanted: blocks.wantedParts))
        }
    }

    /// The next piece of the data, `nil` at the end. The memory is good until the next call.
    ///
    /// - Throws: `StoreError` with code `corrupt`, naming the file and the byte at which the damaged block begins;
    ///   `DurableIOError`.
    public func next() throws -> UnsafeRawBufferPointer? {
        if let failure { throw failure }
        guard nextBlock < blocks.count else { return nil }
        do {
            return try nextPiece()
        } catch {
            failure = error
            throw error
        }
    }

    private func nextPiece() throws -> UnsafeRawBufferPointer {
        let place = blocks[nextBlock]
        nextBlock += 1
        if let current { spare.append(current) }
        current = nil
        let buffer: FrameBuffer
        if ahead.isEmpty {
            nextRead = nextBlock
            readAhead()
            buffer = spare.popLast() ?? FrameBuffer()
            try source.read(place, into: buffer)
        } else {
            buffer = try ahead.removeFirst().wait()
            readAhead()
        }
        current = buffer
        return UnsafeRawBufferPointer(rebasing: buffer.block[place.wanted])
    }

    private func readAhead() {
        guard case .parts = source else { return }
        while nextRead < blocks.count, ahead.count < Self.readAheadMax,
            let next = ReadAhead.start(source, blocks[nextRead], into: spare.last ?? FrameBuffer())
        {
            _ = spare.popLast()
            nextRead += 1
            ahead.append(next)
        }
    }

    /// The data that has not been read yet.
    public func readAll() throws -> [UInt8] {
        var data: [UInt8] = []
        // What metadata claims is not taken for memory that is needed.
        data.reserveCapacity(min(range.count, 1 << 30))
        while let piece = try next() { data.append(contentsOf: piece) }
        return data
    }
}

/// Where a block's frame lies.
private struct BlockPlace {
    let part: Int
    let position: Int
    let byteCount: Int
    /// Which of the block's bytes are wanted.
    let wanted: Range<Int>
}

/// The blocks of parts that hold a range of an object.
private struct BlockPlaces {
    private struct Part {
        let number: Int
        /// Where it begins in the object.
        let start: Int
        let byteCount: Int
        /// The first block that is wanted, and how many blocks of other parts come before it.
        let firstBlock: Int
        let before: Int
    }

    private var parts: [Part] = []
    private let range: Range<Int>
    private(set) var count = 0

    init(of sizes: [Int], in range: Range<Int>) {
        self.range = range
        var start = 0
        for (number, byteCount) in sizes.enumerated() {
            let wanted = range.clamped(to: start..<start + byteCount)
            if !wanted.isEmpty {
                let first = (wanted.lowerBound - start) / BitrotStream.blockBytes
                let last = (wanted.upperBound - 1 - start) / BitrotStream.blockBytes
                parts.append(
                    Part(number: number, start: start, byteCount: byteCount, firstBlock: first, before: count)
                )
                count += last - first + 1
            }
            start += byteCount
        }
    }

    /// The indexes of the parts that are wanted.
    var wantedParts: [Int] { parts.map(\.number) }

    subscript(index: Int) -> BlockPlace {
        var (low, high) = (0, parts.count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if parts[middle].before <= index { low = middle } else { high = middle - 1 }
        }
        let part = parts[low]
        let block = part.firstBlock + index - part.before
        let start = part.start + block * BitrotStream.blockBytes
        let length = min(BitrotStream.blockBytes, part.start + part.byteCount - start)
        let wanted = range.clamped(to: start..<start + length)
        return BlockPlace(
            part: part.number, position: block * BitrotStream.frameBytes, byteCount: length,
            wanted: wanted.lowerBound - start..<wanted.upperBound - start)
    }
}

/// The memory of a frame.
private final class FrameBuffer: @unchecked Sendable {
    // Used by one thread at a time: a read ahead is waited for before its buffer is looked at.
    private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var count = 0

    deinit { memory.deallocate() }

    /// The hash and the block.
    var frame: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }
    var block: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: frame.dropFirst(HighwayHash.byteCount))
    }

    /// Room for so many bytes.
    func prepare(_ count: Int) -> UnsafeMutableRawBufferPointer {
        if memory.count < count {
            memory.deallocate()
            memory = .allocate(byteCount: count, alignment: 64)
        }
        self.count = count
        return UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
    }
}

/// Reads and checks frames ahead of their use.
private enum ReadAhead {
    private static let threads = WorkerThreads(max: WorkerThreads.processors)
    private static let underWay = Atomic<Int>(0)

    /// Begins; `nil` where as many are under way as there are processors: then the one who needs the block reads it
    /// faster.
    static func start(_ source: Source, _ place: BlockPlace, into buffer: FrameBuffer) -> Future<
        FrameBuffer, any Error
    >? {
        guard underWay.add(1, ordering: .relaxed).newValue <= WorkerThreads.processors else {
            underWay.subtract(1, ordering: .relaxed)
            return nil
        }
        return threads.start {
            defer { underWay.subtract(1, ordering: .relaxed) }
            try source.read(place, into: buffer)
            return buffer
        }
    }
}

/// Where frames come from.
private enum Source: Sendable {
    case inline([UInt8], place: String)
    case parts(PartFiles)

    /// Reads a block with its hash, and checks it.
    func read(_ place: BlockPlace, into buffer: FrameBuffer) throws {
        let memory = buffer.prepare(HighwayHash.byteCount + place.byteCount)
        switch self {
        case .inline(let stream, _):
            stream.withUnsafeBytes {
                memory.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: $0[place.position..<place.position + memory.count])
                )
            }
        case .parts(let files): try files.read(place, into: memory)
        }
        try BitrotStream.check(buffer.frame, place: name(of: place.part), position: place.position)
    }

    /// What to call a part in a message.
    func name(of part: Int) -> String {
        switch self {
        case .inline(_, let place): place
        case .parts(let files): files.path(of: part)
        }
    }
}

/// The part files of a version.
private final class PartFiles: Sendable {
    private static let openMax = 64
    private let drive: Drive
    private let directory: String
    private let numbers: [Int]
    private let files: [Int: File]

    /// Opens the parts that are wanted, as long as they are not too many; others are opened as they come.
    init(_ drive: Drive, _ object: XLObject, in location: ObjectLocation, wanted: [Int]) throws {
        self.drive = drive
        directory = "\(location.directory)/\(object.dataDirectory)"
        numbers = object.partNumbers
        var files: [Int: File] = [:]
        for part in wanted.prefix(Self.openMax) {
            let path = "\(directory)/part.\(numbers[part])"
            let file = try Self.open(path, drive)
            try BitrotStream.check(
                byteCount: try file.size(), dataBytes: object.partBytes[part], place: path)
            files[part] = file
        }
        self.files = files
    }

    func path(of part: Int) -> String { "\(directory)/part.\(numbers[part])" }

    private static func open(_ path: String, _ drive: Drive) throws -> File {
        do {
            return try drive.open(path)
        } catch let error as StoreError where error.code == .unsupportedFormat {
            throw StoreError(.corrupt, "\(error.message): the object is damaged")
        } catch let error as DurableIOError where error.isAbsence {
            throw MissingPart(path: path)
        }
    }

    func read(_ place: BlockPlace, into memory: UnsafeMutableRawBufferPointer) throws {
        let file: File
        do {
            file = try files[place.part] ?? Self.open(path(of: place.part), drive)
        } catch let missing as MissingPart {
            throw missing.damage
        }
        guard try file.read(into: memory, at: place.position) == memory.count else {
            throw StoreError(
                .corrupt,
                "\(file.path) ends before byte \(place.position + memory.count): the object is damaged")
        }
    }
}

/// A part is not where the metadata says: the object is damaged, or was replaced since the metadata was read.
struct MissingPart: Error {
    let path: String

    /// The error where it was not replaced.
    var damage: StoreError { StoreError(.corrupt, "\(path) is not there: the object is damaged") }
}

extension XLObject {
    /// Refuses objects whose data is not simply what was put.
    func requirePlain(_ location: ObjectLocation) throws {
        let transformed = systemMetadata?.first { entry in
            let key = entry.key.lowercased()
            return key.hasPrefix("x-minio-internal-compression")
                || key.hasPrefix("x-minio-internal-server-side-encryption")
                || key.hasPrefix("x-minio-internal-encrypted")
        }
        let isTiered = systemMetadata?.contains {
            $0.key.lowercased() == "x-minio-internal-transition-status"
        }
        let reason: String
        if dataShards != 1 || parityShards != 0 {
            reason =
                "is one shard of an object that is spread over \(dataShards.addingReportingOverflow(parityShards).partialValue) drives; copy it with the MinIO that has them all"
        } else if blockBytes != BitrotStream.blockBytes {
            reason = "has blocks of \(blockBytes) bytes; blocks of \(BitrotStream.blockBytes) are read"
        } else if let transformed {
            let how = transformed.key.lowercased().contains("compression") ? "compressed" : "encrypted"
            reason = "is \(how) by MinIO (\(transformed.key)); copy it with that MinIO, which can undo it"
        } else if isTiered == true {
            reason = "has its data in another tier of MinIO; restore it there first"
        } else if partNumbers.count != partBytes.count || partBytes.count > 10_000
            || partBytes.reduce(0, +) != byteCount
        {
            throw StoreError(
                .corrupt,
                "\(location.directory)/\(Drive.metadataName) has parts that do not make an object of \(byteCount) bytes: the object is damaged"
            )
        } else {
            return
        }
        throw StoreError(.unsupportedFormat, "\(location.directory) \(reason)")
    }
}
