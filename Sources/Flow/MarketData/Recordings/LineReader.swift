/// A line of a recording. The bytes are valid until the next line is read.
public struct Line {
    /// The content without its line break.
    public let bytes: UnsafeRawBufferPointer
    /// The number of the line, from 1.
    public let number: Int
    /// The place of its first byte in the (decompressed) recording.
    public let byteOffset: Int
    /// How many bytes the line has; more than `bytes` holds where it is too long.
    public let byteCount: Int
    /// Whether a line break ends it; the last line of a recording may lack one.
    public let isTerminated: Bool

    /// Whether the line is longer than is taken, so that `bytes` holds only its beginning.
    public var isTooLong: Bool { byteCount > bytes.count }
}

/// Splits a recording into lines, in memory that does not grow with the length of a line.
///
/// Lines end with LF or CR LF. A byte order mark at the start is passed over. Not thread-safe.
public final class LineReader {
    /// The longest line that is taken whole. A quote has about 130 bytes.
    public static let lineBytesMax = 512 << 10
    private static let excerptBytes = 4096

    private let source: ByteSource
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 << 20, alignment: 64)
    private var filled = 0
    private var position = 0
    private var bufferOffset = 0
    private var lineNumber = 0
    private var atEnd = false

    /// Reads the lines of `source`.
    public init(_ source: ByteSource) {
        self.source = source
    }

    deinit {
        buffer.deallocate()
    }

    /// The next line, or `nil` at the end.
    ///
    /// - Throws: `DurableIOError`; the lines before have been given.
    public func next() throws -> Line? {
        var scanned = position
        while true {
            if let newline = UnsafeRawBufferPointer(rebasing: buffer[..<filled]).firstNewline(from: scanned) {
                defer { position = newline + 1 }
                return line(from: position, to: newline, isTerminated: true)
            }
            scanned = filled
            if filled - position > Self.lineBytesMax { return try tooLongLine() }
            if atEnd {
                guard position < filled else { return nil }
                defer { position = filled }
                return line(from: position, to: filled, isTerminated: false)
            }
            scanned -= position
            try refill()
            scanned += position
        }
    }

    /// Whether the next line is in memory already, so that `next` need not wait for it.
    public var hasLine: Bool {
        UnsafeRawBufferPointer(rebasing: buffer[..<filled]).firstNewline(from: position) != nil
    }

    /// The line at which reading failed, as far as it could be read.
    public var unreadableLine: Line {
        let count = min(filled - position, Self.lineBytesMax)
        return Line(
            bytes: UnsafeRawBufferPointer(rebasing: buffer[position..<position + count]),
            number: lineNumber + 1,
            byteOffset: bufferOffset + position, byteCount: count, isTerminated: false)
    }

    private func refill() throws {
        if position > 0 {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[position..<filled]))
            bufferOffset += position
            filled -= position
            position = 0
        }
        let count = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
        atEnd = count == 0
        filled += count
        if bufferOffset == 0, lineNumber == 0, filled >= 3,
            buffer.prefix(3).elementsEqual([0xEF, 0xBB, 0xBF])
        {
            position = 3
        }
    }

    private func line(from start: Int, to end: Int, isTerminated: Bool) -> Line {
        let byteCount = end - start
        lineNumber += 1
        let hasReturn = isTerminated && end > start && buffer[end - 1] == 0x0D
        let count = hasReturn ? byteCount - 1 : byteCount
        let kept = count > Self.lineBytesMax ? Self.excerptBytes : count
        return Line(
            bytes: UnsafeRawBufferPointer(rebasing: buffer[start..<start + kept]), number: lineNumber,
            byteOffset: bufferOffset + start, byteCount: count, isTerminated: isTerminated)
    }

    /// Passes over the rest of a line whose beginning fills the buffer, keeping an excerpt of it.
    private func tooLongLine() throws -> Line {
        let offset = bufferOffset + position
        if position > 0 {
            buffer.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: buffer[position..<position + Self.excerptBytes]))
        }
        bufferOffset += filled
        var byteCount = bufferOffset - offset
        position = 0
        filled = 0
        lineNumber += 1
        let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[Self.excerptBytes...])
        while true {
            let count = try source.read(into: rest)
            if count == 0 {
                atEnd = true
                break
            }
            if let newline = UnsafeRawBufferPointer(rebasing: rest[..<count]).firstNewline() {
                byteCount += newline
                bufferOffset -= Self.excerptBytes
                position = Self.excerptBytes + newline + 1
                filled = Self.excerptBytes + count
                break
            }
            byteCount += count
            bufferOffset += count
        }
        return Line(
            bytes: UnsafeRawBufferPointer(rebasing: buffer[..<Self.excerptBytes]), number: lineNumber,
            byteOffset: offset, byteCount: byteCount, isTerminated: !atEnd)
    }
}
