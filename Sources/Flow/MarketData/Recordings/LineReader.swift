import DurableIO

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
    /// Whether it is an object, or the damage between two, instead of a line.
    public var isPiece = false

    /// Whether the line is longer than is taken, so that `bytes` holds only its beginning.
    public var isTooLong: Bool { byteCount > bytes.count }
}

/// Splits a recording into lines, in memory that does not grow with the length of a line.
///
/// Lines end with LF or CR LF. A byte order mark at the start is passed over. Where a line is not one whole
/// object, `rereadAsObjects` has objects read instead, whatever lines they lie in. Not thread-safe.
public final class LineReader {
    /// The longest line that is taken whole. A quote has about 130 bytes.
    public static let lineBytesMax = 512 << 10
    static let excerptBytes = 4096

    private let source: ByteSource
    private let takesObjects: Bool
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 << 20, alignment: 64)
    /// The beginning of what is too long.
    var excerpt = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    var filled = 0
    var position = 0
    var bufferOffset = 0
    /// The number of the last line that has ended.
    var lineNumber = 0
    private(set) var atEnd = false
    /// Whether objects are read, and not lines.
    var readsObjects = false
    /// How many arrays have begun around the objects, and not ended.
    var openArrays = 0

    /// Reads the lines of `source`.
    ///
    /// - Parameter takesObjects: whether a line that is too long may be many objects, which are then read.
    public init(_ source: ByteSource, takesObjects: Bool = false) {
        self.source = source
        self.takesObjects = takesObjects
    }

    deinit {
        buffer.deallocate()
        excerpt.deallocate()
    }

    /// The next line, or `nil` at the end.
    ///
    /// - Throws: `DurableIOError`; the lines before have been given.
    public func next() throws -> Line? {
        if readsObjects { return try nextObject() }
        var scanned = position
        while true {
            if let newline = UnsafeRawBufferPointer(rebasing: buffer[..<filled]).firstLineFeed(from: scanned)
            {
                defer { position = newline + 1 }
                return line(from: position, to: newline, isTerminated: true)
            }
            scanned = filled
            if filled - position > Self.lineBytesMax {
                if takesObjects,
                    buffer[position] == UInt8(ascii: "{") || buffer[position] == UInt8(ascii: "[")
                {
                    readsObjects = true
                    return try nextObject()
                }
                return try tooLongLine()
            }
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

    /// The line at which reading failed, as far as it could be read.
    public var unreadableLine: Line {
        let count = min(filled - position, Self.lineBytesMax)
        return Line(
            bytes: UnsafeRawBufferPointer(rebasing: buffer[position..<position + count]),
            number: lineNumber + 1,
            byteOffset: bufferOffset + position, byteCount: count, isTerminated: false)
    }

    /// Reads more bytes behind those that wait, which move to the buffer's beginning.
    func refill() throws {
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
            if let newline = UnsafeRawBufferPointer(rebasing: rest[..<count]).firstLineFeed() {
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
