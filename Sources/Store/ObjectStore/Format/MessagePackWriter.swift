// The part of MessagePack that xl.meta uses, with the encodings that MinIO's writer (tinylib/msgp) chooses:
// signed fields take fixint, d1, d2, d3 (never d0 for a positive number, never an unsigned code); unsigned
// fields take fixint, cc, cd, ce, cf.

struct MessagePackWriter {
    private(set) var bytes: [UInt8] = []

    mutating func map(count: Int) {
        switch count {
        case ..<16: bytes.append(0x80 | UInt8(count))
        case ..<(1 << 16): put(0xDE, UInt16(count))
        default: put(0xDF, UInt32(count))
        }
    }

    mutating func array(count: Int) {
        switch count {
        case ..<16: bytes.append(0x90 | UInt8(count))
        case ..<(1 << 16): put(0xDC, UInt16(count))
        default: put(0xDD, UInt32(count))
        }
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

    mutating func binary(_ content: some Collection<UInt8>) {
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

    mutating func boolean(_ value: Bool) {
        bytes.append(value ? 0xC3 : 0xC2)
    }

    /// A time as tinylib/msgp writes it: extension 5 of 12 bytes, seconds and nanoseconds.
    mutating func time(seconds: Int64, nanoseconds: Int32) {
        bytes.append(contentsOf: [0xC7, 12, 5])
        withUnsafeBytes(of: seconds.bigEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: nanoseconds.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func null() {
        bytes.append(0xC0)
    }

    mutating func raw(_ content: some Collection<UInt8>) {
        bytes.append(contentsOf: content)
    }

    private mutating func put<Integer: FixedWidthInteger>(_ code: UInt8, _ value: Integer) {
        bytes.append(code)
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
