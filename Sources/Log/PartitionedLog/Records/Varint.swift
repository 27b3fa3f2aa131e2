/// Zigzag variable-length integers, as in Protocol Buffers: 7 bits a byte, lowest first.
enum Varint {
    /// The longest encoding of 64 bits.
    static let byteCountMax = 10

    @inline(__always)
    static func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: (value << 1) ^ (value >> 63)) }

    @inline(__always)
    static func byteCount(_ value: Int64) -> Int {
        (70 - (zigzag(value) | 1).leadingZeroBitCount) / 7
    }

    /// Writes a number, which takes up to `byteCountMax` bytes; where it ends.
    @inline(__always)
    static func write(_ value: Int64, to place: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        var rest = zigzag(value)
        var end = place
        while rest > 0x7F {
            end.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, as: UInt8.self)
            end += 1
            rest >>= 7
        }
        end.storeBytes(of: UInt8(truncatingIfNeeded: rest), as: UInt8.self)
        return end + 1
    }

    /// Reads a number at `position`, which moves behind it.
    ///
    /// - Returns: `nil` where the bytes end first or the number is over 64 bits.
    @inline(__always)
    static func read(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) -> Int64? {
        // Most numbers of a record take one byte.
        if position < bytes.count {
            let byte = bytes[position]
            if byte < 0x80 {
                position += 1
                return Int64(byte >> 1) ^ -Int64(byte & 1)
            }
        }
        return readLong(bytes, &position)
    }

    private static func readLong(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) -> Int64? {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.count, shift < 70 {
            let byte = bytes[position]
            position += 1
            result |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return Int64(bitPattern: result >> 1) ^ -Int64(bitPattern: result & 1) }
            shift += 7
        }
        return nil
    }
}
