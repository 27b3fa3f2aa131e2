/// Reads what `MessagePackWriter` and other writers write, in place, any code for any number.
struct MessagePackReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var position: Int

    struct Malformed: Error {
        let position: Int
        let expected: String
    }

    /// Reads `bytes`, which must stay where they are as long as the reader is used.
    init(_ bytes: UnsafeRawBufferPointer, from position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    var isAtEnd: Bool { position == bytes.count }
    var bytesLeft: Int { bytes.count - position }

    mutating func mapCount() throws -> Int {
        let code = try byte("a map")
        switch code {
        case 0x80...0x8F: return Int(code & 0x0F)
        case 0xDE: return Int(try integer(UInt16.self))
        case 0xDF: return try bounded(Int(try integer(UInt32.self)), "a map")
        default: throw malformed("a map")
        }
    }

    mutating func arrayCount() throws -> Int {
        let code = try byte("an array")
        switch code {
        case 0x90...0x9F: return Int(code & 0x0F)
        case 0xDC: return Int(try integer(UInt16.self))
        case 0xDD: return try bounded(Int(try integer(UInt32.self)), "an array")
        default: throw malformed("an array")
        }
    }

    mutating func string() throws -> String { String(decoding: try stringInPlace(), as: UTF8.self) }

    /// The bytes of a string, where they lie.
    mutating func stringInPlace() throws -> UnsafeRawBufferPointer {
        let code = try byte("a string")
        let count: Int
        switch code {
        case 0xA0...0xBF: count = Int(code & 0x1F)
        case 0xD9: count = Int(try integer(UInt8.self))
        case 0xDA: count = Int(try integer(UInt16.self))
        case 0xDB: count = Int(try integer(UInt32.self))
        default: throw malformed("a string")
        }
        return try take(count)
    }

    mutating func binary() throws -> [UInt8] { Array(try binaryInPlace()) }

    /// A byte string, where it lies.
    mutating func binaryInPlace() throws -> UnsafeRawBufferPointer {
        let code = try byte("a byte string")
        let count: Int
        switch code {
        case 0xC4: count = Int(try integer(UInt8.self))
        case 0xC5: count = Int(try integer(UInt16.self))
        case 0xC6: count = Int(try integer(UInt32.self))
        default: throw malformed("a byte string")
        }
        return try take(count)
    }

    /// An integer of any code that fits 64 signed bits.
    mutating func integer() throws -> Int64 {
        let code = try byte("an integer")
        switch code {
        case 0x00...0x7F: return Int64(code)
        case 0xE0...0xFF: return Int64(Int8(bitPattern: code))
        case 0xCC: return Int64(try integer(UInt8.self))
        case 0xCD: return Int64(try integer(UInt16.self))
        case 0xCE: return Int64(try integer(UInt32.self))
        case 0xCF:
            guard let value = Int64(exactly: try integer(UInt64.self)) else { throw malformed("an integer") }
            return value
        case 0xD0: return Int64(try integer(Int8.self))
        case 0xD1: return Int64(try integer(Int16.self))
        case 0xD2: return Int64(try integer(Int32.self))
        case 0xD3: return try integer(Int64.self)
        default: throw malformed("an integer")
        }
    }

    /// A size in bytes: an integer that is neither negative nor more than ten times what S3 allows.
    mutating func size() throws -> Int {
        let start = position
        let value = try integer()
        guard (0..<1 << 46).contains(value) else {
            throw Malformed(position: start, expected: "a size in bytes")
        }
        return Int(value)
    }

    mutating func boolean() throws -> Bool {
        switch try byte("a boolean") {
        case 0xC2: return false
        case 0xC3: return true
        default: throw malformed("a boolean")
        }
    }

    /// A time as `MessagePackWriter.time` writes it.
    mutating func time() throws -> (seconds: Int64, nanoseconds: Int32) {
        let start = position
        let head = try take(3)
        guard head[0] == 0xC7, head[1] == 12, head[2] == 5 else {
            throw Malformed(position: start, expected: "a time")
        }
        return (try integer(Int64.self), try integer(Int32.self))
    }

    /// Passes over null where it comes next.
    mutating func skipNull() -> Bool {
        guard position < bytes.count, bytes[position] == 0xC0 else { return false }
        position += 1
        return true
    }

    /// Passes over one value of any kind, nested up to 64 deep.
    mutating func skip(depth: Int = 0) throws {
        guard depth < 64 else { throw malformed("a value that is not nested so deep") }
        let code = try byte("a value")
        switch code {
        case 0x00...0x7F, 0xE0...0xFF, 0xC0, 0xC2, 0xC3: break
        case 0xCC, 0xD0: _ = try take(1)
        case 0xCD, 0xD1: _ = try take(2)
        case 0xCE, 0xD2, 0xCA: _ = try take(4)
        case 0xCF, 0xD3, 0xCB: _ = try take(8)
        case 0xD4...0xD8: _ = try take(1 + 1 << Int(code - 0xD4))
        case 0xC7: _ = try take(Int(try integer(UInt8.self)) + 1)
        case 0xA0...0xBF, 0xD9...0xDB:
            position -= 1
            _ = try stringInPlace()
        case 0xC4...0xC6:
            position -= 1
            _ = try binaryInPlace()
        case 0x80...0x8F, 0xDE, 0xDF:
            position -= 1
            for _ in 0..<2 * (try mapCount()) { try skip(depth: depth + 1) }
        case 0x90...0x9F, 0xDC, 0xDD:
            position -= 1
            for _ in 0..<(try arrayCount()) { try skip(depth: depth + 1) }
        default: throw malformed("a value")
        }
    }

    /// The bytes from a position up to here.
    func consumed(since start: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[start..<position])
    }

    private mutating func byte(_ expected: String) throws -> UInt8 {
        guard position < bytes.count else { throw malformed(expected) }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard count <= bytes.count - position else { throw malformed("\(count) bytes") }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    private mutating func integer<Integer: FixedWidthInteger>(_ type: Integer.Type) throws -> Integer {
        Integer(bigEndian: try take(MemoryLayout<Integer>.size).loadUnaligned(as: Integer.self))
    }

    // An element takes a byte at least, so a larger count is damage and must not reserve memory.
    private func bounded(_ count: Int, _ expected: String) throws -> Int {
        guard count <= bytes.count - position else { throw malformed(expected) }
        return count
    }

    private func malformed(_ expected: String) -> Malformed {
        Malformed(position: position, expected: expected)
    }
}
