/// What a decoder of the Lempel-Ziv family has put out so far: memory that grows up to a limit, and from
/// which earlier bytes can be repeated.
struct MatchOutput: ~Copyable {
    private var memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0
    private let limit: Int
    private let format: String

    /// - Parameter limit: the most bytes that may be put out; one more is an error.
    init(format: String, expected: Int, limit: Int) {
        self.format = format
        self.limit = limit
        // A hostile header may promise anything, so what is expected is believed up to a point.
        memory = .allocate(byteCount: max(64, min(expected, limit, 1 << 20)), alignment: 16)
    }

    deinit {
        memory.deallocate()
    }

    /// Decodes `bytes` by `body`, and puts what comes out in the place of `output`'s content.
    static func decode(
        _ format: String, _ bytes: UnsafeRawBufferPointer, into output: inout [UInt8], limit: Int,
        _ body: (inout CompressedInput, inout MatchOutput) throws -> Void
    ) throws {
        var content = MatchOutput(format: format, expected: bytes.count * 4, limit: limit)
        var input = CompressedInput(bytes, format: format)
        try body(&input, &content)
        output.removeAll(keepingCapacity: true)
        output.append(contentsOf: content.bytes)
    }

    /// All that was put out.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }

    mutating func append(_ byte: UInt8) throws {
        if count == memory.count { try grow(by: 1) }
        memory[count] = byte
        count += 1
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
        if bytes.count > memory.count - count { try grow(by: bytes.count) }
        UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: bytes)
        count += bytes.count
    }

    /// Repeats `length` bytes from `distance` bytes back; they may overlap what they make.
    mutating func repeatBytes(distance: Int, length: Int) throws {
        guard distance > 0, distance <= count else {
            throw DurableIOError(
                code: .corrupt,
                message: "cannot decompress: \(format) refers \(distance) bytes back after only \(count)")
        }
        if length > memory.count - count { try grow(by: length) }
        if distance >= length {
            UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: memory[count - distance..<count - distance + length]))
        } else {
            for index in count..<count + length { memory[index] = memory[index - distance] }
        }
        count += length
    }

    /// Forgets all but the last `keeping` bytes, which can be repeated still.
    mutating func forget(keeping: Int) {
        let kept = min(keeping, count)
        memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[count - kept..<count]))
        count = kept
    }

    private mutating func grow(by length: Int) throws {
        guard length <= limit - count else {
            throw DurableIOError(
                code: .corrupt, message: "cannot decompress: the content is over its limit of \(limit) bytes")
        }
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: min(limit, max(memory.count * 2, count + length)), alignment: 16)
        larger.copyMemory(from: bytes)
        memory.deallocate()
        memory = larger
    }
}

/// Reads a compressed stream from front to back; every read is checked against its end.
struct CompressedInput {
    /// Gives the bytes that follow, which stay until it is called again; none at the end.
    typealias Refill = () throws -> UnsafeRawBufferPointer

    private var bytes: UnsafeRawBufferPointer
    private let format: String
    private let refill: Refill?
    /// How much of the stream came before `bytes`.
    private var passed = 0
    private var index = 0

    init(_ bytes: UnsafeRawBufferPointer, format: String) {
        self.bytes = bytes
        self.format = format
        refill = nil
    }

    /// A stream that comes in pieces.
    init(format: String, refill: @escaping Refill) {
        bytes = UnsafeRawBufferPointer(start: nil, count: 0)
        self.format = format
        self.refill = refill
    }

    /// How much of the stream has been read.
    var position: Int { passed + index }
    var isAtEnd: Bool { index == bytes.count }
    var remaining: Int { bytes.count - index }

    /// Whether anything follows; where the stream comes in pieces, after a look at the next one.
    mutating func hasMore() throws -> Bool {
        if !isAtEnd { return true }
        guard let refill else { return false }
        passed += bytes.count
        bytes = try refill()
        index = 0
        return !bytes.isEmpty
    }

    @inline(__always)
    mutating func byte() throws -> UInt8 {
        if isAtEnd, try !hasMore() { throw truncated() }
        defer { index += 1 }
        return bytes[index]
    }

    mutating func littleEndian<Integer: FixedWidthInteger>(_ type: Integer.Type) throws -> Integer {
        let size = MemoryLayout<Integer>.size
        if remaining >= size || refill == nil {
            return Integer(littleEndian: try take(size).loadUnaligned(as: type))
        }
        var value: Integer = 0
        for place in 0..<size { value |= Integer(truncatingIfNeeded: try byte()) << (8 * place) }
        return value
    }

    mutating func bigEndian<Integer: FixedWidthInteger>(_ type: Integer.Type) throws -> Integer {
        Integer(bigEndian: try take(MemoryLayout<Integer>.size).loadUnaligned(as: type))
    }

    /// The next `count` bytes, of a stream that is there as a whole.
    mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard count >= 0, count <= remaining else { throw truncated() }
        defer { index += count }
        return UnsafeRawBufferPointer(rebasing: bytes[index..<index + count])
    }

    /// As many of the next `count` bytes as lie together, at least one.
    mutating func some(of count: Int) throws -> UnsafeRawBufferPointer {
        guard try hasMore() else { throw truncated() }
        return try take(min(count, remaining))
    }

    /// Passes over bytes.
    mutating func skip(_ count: Int) throws {
        var left = count
        while left > 0 { left -= try some(of: left).count }
    }

    func corrupt(_ reason: String) -> DurableIOError {
        DurableIOError(
            code: .corrupt, message: "cannot decompress: \(format) at byte \(position): \(reason)")
    }

    func truncated() -> DurableIOError {
        DurableIOError(
            code: .truncated,
            message: "cannot decompress: \(format) is cut short at byte \(passed + bytes.count)")
    }
}
