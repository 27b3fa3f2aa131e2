// The part of MessagePack that xl.meta uses, with the encodings that MinIO's writer (tinylib/msgp) chooses:
// signed fields take fixint, d1, d2, d3 (never d0 for a positive number, never an unsigned code); unsigned
// fields take fixint, cc, cd, ce, cf.

struct MessagePackWriter {
    private(set) var bytes: [UInt8] = []

    mutating func map(count: Int) {
        if count < 16 { bytes.append(0x80 | UInt8(count)) } else { put(0xDE, UInt16(count)) }
    }

    mutating func array(count: Int) {
        if count < 16 { bytes.append(0x90 | UInt8(count)) } else { put(0xDC, UInt16(count)) }
    }

    mutating func string(_ text: String) {
        let count = text.utf8.count
        switch count {
        case ..<32: bytes.append(0xA0 | UInt8(count))
        case ..<(1 << 8): put(0xD9, UInt8(count))
        case ..<(1 << 16): put(0xDA, UInt16(count))
        default: put(0xDB, UInt32(count))
        }
        bytes.append(contentsOf: text.utf8)
    }

    mutating func binary(_ content: [UInt8]) {
        switch content.count {
        case ..<(1 << 8): put(0xC4, UInt8(content.count))
        case ..<(1 << 16): put(0xC5, UInt16(content.count))
        default: put(0xC6, UInt32(content.count))
        }
        bytes.append(contentsOf: content)
    }

    /// A byte string with the widest length, whatever its size.
    mutating func wideBinary(_ content: [UInt8]) {
        put(0xC6, UInt32(content.count))
        bytes.append(contentsOf: content)
    }

    mutating func signed(_ value: Int64) {
        switch value {
        case 0...127: bytes.append(UInt8(value))
        case -32...(-1): bytes.append(UInt8(bitPattern: Int8(value)))
        case -128...(-33): put(0xD0, Int8(value))
        case Int64(Int16.min)...Int64(Int16.max): put(0xD1, Int16(value))
        case Int64(Int32.min)...Int64(Int32.max): put(0xD2, Int32(value))
        default: put(0xD3, value)
        }
    }

    mutating func unsigned(_ value: UInt64) {
        switch value {
        case 0...127: bytes.append(UInt8(value))
        case 0...UInt64(UInt8.max): put(0xCC, UInt8(value))
        case 0...UInt64(UInt16.max): put(0xCD, UInt16(value))
        case 0...UInt64(UInt32.max): put(0xCE, UInt32(value))
        default: put(0xCF, value)
        }
    }

    /// An unsigned number in the five-byte form, whatever its size.
    mutating func wideUnsigned(_ value: UInt32) {
        put(0xCE, value)
    }

    mutating func null() {
        bytes.append(0xC0)
    }

    mutating func raw(_ content: [UInt8]) {
        bytes.append(contentsOf: content)
    }

    private mutating func put<Integer: FixedWidthInteger>(_ code: UInt8, _ value: Integer) {
        bytes.append(code)
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }
}

struct MessagePackReader {
    private let bytes: [UInt8]
    private(set) var position: Int

    struct Malformed: Error {
        let position: Int
        let expected: String
    }

    init(_ bytes: [UInt8], from position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    var isAtEnd: Bool { position == bytes.count }

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

    mutating func string() throws -> String {
        let code = try byte("a string")
        let count: Int
        switch code {
        case 0xA0...0xBF: count = Int(code & 0x1F)
        case 0xD9: count = Int(try integer(UInt8.self))
        case 0xDA: count = Int(try integer(UInt16.self))
        case 0xDB: count = Int(try integer(UInt32.self))
        default: throw malformed("a string")
        }
        return String(decoding: try take(count), as: UTF8.self)
    }

    mutating func binary() throws -> [UInt8] {
        let code = try byte("a byte string")
        let count: Int
        switch code {
        case 0xC4: count = Int(try integer(UInt8.self))
        case 0xC5: count = Int(try integer(UInt16.self))
        case 0xC6: count = Int(try integer(UInt32.self))
        default: throw malformed("a byte string")
        }
        return Array(try take(count))
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

    /// A size in bytes: an integer that is neither negative nor beyond what S3 allows by orders of magnitude.
    mutating func size() throws -> Int {
        let start = position
        let value = try integer()
        guard (0..<1 << 50).contains(value) else {
            throw Malformed(position: start, expected: "a size in bytes")
        }
        return Int(value)
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
            _ = try string()
        case 0xC4...0xC6:
            position -= 1
            _ = try binary()
        case 0x80...0x8F, 0xDE, 0xDF:
            position -= 1
            for _ in 0..<(try mapCount()) {
                try skip(depth: depth + 1)
                try skip(depth: depth + 1)
            }
        case 0x90...0x9F, 0xDC, 0xDD:
            position -= 1
            for _ in 0..<(try arrayCount()) { try skip(depth: depth + 1) }
        default: throw malformed("a value")
        }
    }

    /// The bytes from a position up to here.
    func consumed(since start: Int) -> [UInt8] { Array(bytes[start..<position]) }

    private mutating func byte(_ expected: String) throws -> UInt8 {
        guard position < bytes.count else { throw malformed(expected) }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
        guard count <= bytes.count - position else { throw malformed("\(count) bytes") }
        defer { position += count }
        return bytes[position..<position + count]
    }

    private mutating func integer<Integer: FixedWidthInteger>(_ type: Integer.Type) throws -> Integer {
        try take(MemoryLayout<Integer>.size).withUnsafeBytes {
            Integer(bigEndian: $0.loadUnaligned(as: Integer.self))
        }
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
