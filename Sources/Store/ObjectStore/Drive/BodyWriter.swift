import DurableIO
import Threads

/// Takes the data of an object or a part and makes of it what lies on the drive: a bit-rot stream, in memory up to a
/// size and in a file beyond. The MD5 and the checksum are computed by another thread while this one writes. Not
/// thread-safe.
final class BodyWriter {
    /// What the data came to.
    struct Result {
        let byteCount: Int
        /// The MD5 of the data, or of the hashes of its blocks.
        let md5: [UInt8]
        let checksum: [UInt8]?
        /// The stream, where it is small enough to be kept in memory.
        let inlineStream: [UInt8]?
    }

    private let drive: Drive
    private let inlineBytesMax: Int
    private let makeFile: () throws -> File
    private let etag: ETagKind
    private let digests: Digests
    private var held: [UInt8] = []
    private var file: FileWriter?
    private var byteCount = 0

    /// - Parameters:
    ///   - inlineBytesMax: up to this size the data stays in memory; below 0, none does.
    ///   - etag: what the MD5 is taken of.
    ///   - makeFile: opens the file, when it is needed.
    init(
        _ drive: Drive, inlineBytesMax: Int, etag: ETagKind, checksum: ChecksumAlgorithm?,
        makeFile: @escaping () throws -> File
    ) throws {
        self.drive = drive
        self.inlineBytesMax = inlineBytesMax
        self.makeFile = makeFile
        self.etag = etag
        digests = Digests(etag, checksum)
        if inlineBytesMax < 0 { file = FileWriter(try makeFile(), digests) }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        byteCount += bytes.count
        guard byteCount <= ObjectStore.objectBytesMax else {
            throw StoreError(
                .entityTooLarge, "an object has at most \(ObjectStore.objectBytesMax) bytes")
        }
        if let file { return try file.write(bytes) }
        if byteCount <= inlineBytesMax {
            held.append(contentsOf: bytes)
            return
        }
        let file = FileWriter(try makeFile(), digests)
        self.file = file
        try held.withUnsafeBytes { try file.write($0) }
        held = []
        try file.write(bytes)
    }

    /// Ends the data. What was written to a file is on the disk as the drive's durability asks.
    func finish() throws -> Result {
        if let file {
            let (hashes, (md5, checksum)) = try file.finish { try drive.sync($0) }
            return Result(
                byteCount: byteCount, md5: etag == .md5 ? md5 : hashes, checksum: checksum, inlineStream: nil)
        }
        let stream = held.withUnsafeBytes {
            digests.update($0)
            return BitrotStream.encode($0)
        }
        let (md5, checksum) = digests.finish()
        let hash = stream.prefix(HighwayHash.byteCount).withUnsafeBytes { MD5.digest($0) }
        return Result(
            byteCount: byteCount, md5: etag == .md5 ? md5 : hash, checksum: checksum, inlineStream: stream)
    }
}

/// The digests of the whole data.
private final class Digests: @unchecked Sendable {
    // One thread at a time uses it: see FileWriter.
    private let etag: ETagKind
    private var md5 = MD5()
    private var checksum: RunningChecksum?

    init(_ etag: ETagKind, _ algorithm: ChecksumAlgorithm?) {
        self.etag = etag
        checksum = algorithm.map(RunningChecksum.init)
    }

    /// Whether there is anything to compute.
    var isNeeded: Bool { etag == .md5 || checksum != nil }

    func update(_ bytes: UnsafeRawBufferPointer) {
        if etag == .md5 { md5.update(bytes) }
        checksum?.update(bytes)
    }

    func finish() -> (md5: [UInt8], checksum: [UInt8]?) { (md5.finalize(), checksum?.bytes) }
}

/// Writes blocks with their hashes to a file. There are two buffers: while a block is being digested, the next is
/// filled, hashed and written.
private final class FileWriter {
    /// A frame's memory; a digest of what is in it may be under way.
    private final class Buffer: @unchecked Sendable {
        // The writer fills it only after the digest of its last block.
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: BitrotStream.frameBytes, alignment: 4096)
        var count = 0

        deinit { memory.deallocate() }

        /// The first `count` bytes of the block.
        func block(_ count: Int) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(rebasing: memory[HighwayHash.byteCount..<HighwayHash.byteCount + count])
        }
    }

    private let file: File
    private let digests: Digests
    private let digesting: HandOver<(Buffer, count: Int)>
    private var hashes = MD5()
    private var buffers: [Buffer] = []
    private var current = 0
    private var position = 0

    init(_ file: File, _ digests: Digests) {
        self.file = file
        self.digests = digests
        digesting = HandOver(waitingMax: 2) { [digests] in digests.update($0.block($1)) }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let buffer = try self.buffer()
            let free = BitrotStream.blockBytes - buffer.count
            let piece = rest.prefix(free)
            let place = HighwayHash.byteCount + buffer.count
            UnsafeMutableRawBufferPointer(rebasing: buffer.memory[place...])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: piece))
            buffer.count += piece.count
            rest = rest.dropFirst(piece.count)
            if buffer.count == BitrotStream.blockBytes { try writeBlock() }
        }
    }

    /// The buffer to fill, its last block digested.
    private func buffer() throws -> Buffer {
        if current == buffers.count { buffers.append(Buffer()) }
        let buffer = buffers[current]
        // What may still be digested is the other one.
        if buffer.count == 0 { try digesting.drain(to: 1) }
        return buffer
    }

    private func writeBlock() throws {
        let buffer = buffers[current]
        let count = buffer.count
        if digests.isNeeded { try digesting.hand((buffer, count)) }
        if let hash = buffer.memory.baseAddress { HighwayHash.hash(buffer.block(count), into: hash) }
        let frame = UnsafeRawBufferPointer(rebasing: buffer.memory[..<(HighwayHash.byteCount + count)])
        hashes.update(UnsafeRawBufferPointer(rebasing: frame[..<HighwayHash.byteCount]))
        try file.write(frame, at: position)
        position += frame.count
        buffer.count = 0
        current = (current + 1) % 2
    }

    /// Writes what is left, lets `sync` wait for the disk, and waits for the digests.
    ///
    /// - Returns: the MD5 of the blocks' hashes, and the digests of the data.
    func finish(
        sync: (File) throws -> Void
    ) throws -> (hashes: [UInt8], digests: (md5: [UInt8], checksum: [UInt8]?)) {
        if current < buffers.count, buffers[current].count > 0 { try writeBlock() }
        try sync(file)
        try digesting.drain()
        return (hashes.finalize(), digests.finish())
    }
}
