import Dispatch
import DurableIO

/// Reads the data of one version of an object, or a range of it, block by block, each checked against its hash before
/// it is handed out. While a block is looked at, the next is read by another thread. What is deleted or replaced
/// meanwhile stays readable here. Not thread-safe.
public final class ObjectReader {
    /// What is known of the version.
    public let info: ObjectInfo
    /// Which of its bytes are read.
    public let range: Range<Int>

    private let source: Source
    private let first: FrameBuffer
    private var blocks: [BlockPlace]
    private var nextBlock = 0
    private var buffers: [FrameBuffer] = []
    private var readAhead: ReadAhead?

    /// Where a block's frame lies.
    fileprivate struct BlockPlace {
        let part: Int
        let position: Int
        let byteCount: Int
        /// Which of the block's bytes are wanted.
        let wanted: Range<Int>
    }

    init(
        _ drive: Drive, _ meta: XLMeta, _ object: XLObject, _ info: ObjectInfo, at location: ObjectLocation,
        range: Range<Int>
    ) throws {
        self.info = info
        self.range = range
        try object.requirePlain(location)
        first = FrameBuffer()
        if let stream = meta.inlineStream(of: object.id) {
            source = .inline(stream, place: "the inline data of \(location.directory)/\(Drive.metadataName)")
            try BitrotStream.check(
                byteCount: stream.count, dataBytes: object.byteCount, place: source.name(of: 0))
            blocks = Self.blocks(of: [object.byteCount], in: range)
        } else {
            guard !object.isInline else {
                throw StoreError(
                    .corrupt,
                    "\(location.directory)/\(Drive.metadataName) lacks its inline data: the object is damaged"
                )
            }
            blocks = Self.blocks(of: object.partBytes, in: range)
            source = .parts(
                try PartFiles(drive, object, in: location, wanted: Set(blocks.map(\.part))))
        }
    }

    /// The blocks that hold a range.
    private static func blocks(of parts: [Int], in range: Range<Int>) -> [BlockPlace] {
        var places: [BlockPlace] = []
        var start = 0
        for (part, byteCount) in parts.enumerated() {
            let wanted = range.clamped(to: start..<start + byteCount)
            if !wanted.isEmpty {
                let firstBlock = (wanted.lowerBound - start) / BitrotStream.blockBytes
                let lastBlock = (wanted.upperBound - 1 - start) / BitrotStream.blockBytes
                for block in firstBlock...lastBlock {
                    let blockStart = start + block * BitrotStream.blockBytes
                    let length = min(BitrotStream.blockBytes, start + byteCount - blockStart)
                    let inBlock = wanted.clamped(to: blockStart..<blockStart + length)
                    places.append(
                        BlockPlace(
                            part: part, position: block * BitrotStream.frameBytes, byteCount: length,
                            wanted: inBlock.lowerBound - blockStart..<inBlock.upperBound - blockStart))
                }
            }
            start += byteCount
        }
        return places
    }

    /// The next piece of the data, `nil` at the end. The memory is good until the next call.
    ///
    /// - Throws: `StoreError` with code `corrupt`, naming the file and the byte at which the damaged block begins;
    ///   `DurableIOError`.
    public func next() throws -> UnsafeRawBufferPointer? {
        guard nextBlock < blocks.count else { return nil }
        let place = blocks[nextBlock]
        nextBlock += 1
        let frame: UnsafeRawBufferPointer
        switch source {
        case .inline(let stream, _):
            first.fill(stream, from: place.position, count: HighwayHash.byteCount + place.byteCount)
            frame = first.bytes
        case .parts(let files): frame = try nextFrame(place, files)
        }
        let block = try BitrotStream.block(
            of: frame, place: source.name(of: place.part), position: place.position)
        return UnsafeRawBufferPointer(rebasing: block[place.wanted])
    }

    /// The data that has not been read yet.
    public func readAll() throws -> [UInt8] {
        var data: [UInt8] = []
        data.reserveCapacity(blocks[nextBlock...].reduce(0) { $0 + $1.wanted.count })
        while let piece = try next() { data.append(contentsOf: piece) }
        return data
    }

    private func nextFrame(_ place: BlockPlace, _ files: PartFiles) throws -> UnsafeRawBufferPointer {
        let buffer: FrameBuffer
        if let readAhead {
            self.readAhead = nil
            buffer = try readAhead.wait()
        } else {
            buffer = first
            try files.read(place, into: buffer)
        }
        if nextBlock < blocks.count {
            let other = buffers.first { $0 !== buffer } ?? FrameBuffer()
            if buffers.isEmpty { buffers = [buffer, other] }
            readAhead = ReadAhead(files, blocks[nextBlock], into: other)
        }
        return buffer.bytes
    }
}

/// The memory of a frame.
private final class FrameBuffer: @unchecked Sendable {
    // Used by one thread at a time: a read ahead is waited for before its buffer is looked at.
    private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var count = 0

    deinit { memory.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }

    /// Room for so many bytes.
    func prepare(_ count: Int) -> UnsafeMutableRawBufferPointer {
        if memory.count < count {
            memory.deallocate()
            memory = .allocate(byteCount: count, alignment: 64)
        }
        self.count = count
        return UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
    }

    func fill(_ stream: [UInt8], from position: Int, count: Int) {
        let memory = prepare(count)
        stream.withUnsafeBytes {
            memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[position..<position + count]))
        }
    }
}

/// A frame that another thread reads.
private final class ReadAhead: @unchecked Sendable {
    // The result is written before the semaphore is signalled and read after it.
    private static let queue = DispatchQueue(label: "tapehouse.objects.read-ahead", attributes: .concurrent)
    private let isDone = DispatchSemaphore(value: 0)
    private let buffer: FrameBuffer
    private var failure: (any Error)?

    init(_ files: PartFiles, _ place: ObjectReader.BlockPlace, into buffer: FrameBuffer) {
        self.buffer = buffer
        Self.queue.async { [self] in
            do { try files.read(place, into: buffer) } catch { failure = error }
            isDone.signal()
        }
    }

    func wait() throws -> FrameBuffer {
        isDone.wait()
        if let failure { throw failure }
        return buffer
    }
}

/// Where frames come from.
private enum Source {
    case inline([UInt8], place: String)
    case parts(PartFiles)

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
    private let fileSystem: FileSystem
    private let directory: String
    private let numbers: [Int]
    private let files: [Int: File]

    /// Opens the parts that are wanted, as long as they are not too many; others are opened as they come.
    init(_ drive: Drive, _ object: XLObject, in location: ObjectLocation, wanted: Set<Int>) throws {
        fileSystem = drive.fileSystem
        directory = "\(location.directory)/\(object.dataDirectory)"
        numbers = object.partNumbers
        var files: [Int: File] = [:]
        for part in wanted.sorted().prefix(Self.openMax) {
            let path = "\(directory)/part.\(numbers[part])"
            let file = try Self.open(path, fileSystem)
            try BitrotStream.check(
                byteCount: try file.size(), dataBytes: object.partBytes[part], place: path)
            files[part] = file
        }
        self.files = files
    }

    func path(of part: Int) -> String { "\(directory)/part.\(numbers[part])" }

    private static func open(_ path: String, _ fileSystem: FileSystem) throws -> File {
        do {
            return try fileSystem.open(path, .read)
        } catch let error as DurableIOError where error.isAbsence {
            throw MissingPart(path: path)
        }
    }

    func read(_ place: ObjectReader.BlockPlace, into buffer: FrameBuffer) throws {
        let file = try files[place.part] ?? Self.open(path(of: place.part), fileSystem)
        let memory = buffer.prepare(HighwayHash.byteCount + place.byteCount)
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
                "is one shard of an object that is spread over \(dataShards + parityShards) drives; copy it with the MinIO that has them all"
        } else if blockBytes != BitrotStream.blockBytes {
            reason = "has blocks of \(blockBytes) bytes; blocks of \(BitrotStream.blockBytes) are read"
        } else if let transformed {
            let how = transformed.key.lowercased().contains("compression") ? "compressed" : "encrypted"
            reason = "is \(how) by MinIO (\(transformed.key)); copy it with that MinIO, which can undo it"
        } else if isTiered == true {
            reason = "has its data in another tier of MinIO; restore it there first"
        } else if partNumbers.count != partBytes.count || partBytes.reduce(0, +) != byteCount {
            throw StoreError(
                .corrupt,
                "\(location.directory)/\(Drive.metadataName) has \(partNumbers.count) parts of \(partBytes.reduce(0, +)) bytes for an object of \(byteCount): the object is damaged"
            )
        } else {
            return
        }
        throw StoreError(.unsupportedFormat, "\(location.directory) \(reason)")
    }
}
