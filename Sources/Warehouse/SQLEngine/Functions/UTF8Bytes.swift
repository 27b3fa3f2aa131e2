#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Characters (Unicode scalars) of UTF-8 text, which is taken to be well-formed.
enum UTF8Bytes {
    typealias Bytes = UnsafeBufferPointer<UInt8>

    @inline(__always)
    static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

    /// How many characters there are.
    static func characterCount(_ bytes: Bytes) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        let raw = UnsafeRawPointer(base)
        var continuations = 0
        var place = 0
        while place + 8 <= bytes.count {
            let word = raw.loadUnaligned(fromByteOffset: place, as: UInt64.self)
            // The highest bit set and the one below it not.
            continuations &+= (word & ~(word << 1) & 0x8080_8080_8080_8080).nonzeroBitCount
            place += 8
        }
        while place < bytes.count {
            continuations &+= isContinuation(bytes[place]) ? 1 : 0
            place += 1
        }
        return bytes.count - continuations
    }

    static func isASCII(_ bytes: Bytes) -> Bool {
        guard let base = bytes.baseAddress else { return true }
        let raw = UnsafeRawPointer(base)
        var all: UInt64 = 0
        var place = 0
        while place + 8 <= bytes.count {
            all |= raw.loadUnaligned(fromByteOffset: place, as: UInt64.self)
            place += 8
        }
        while place < bytes.count {
            all |= UInt64(bytes[place])
            place += 1
        }
        return all & 0x8080_8080_8080_8080 == 0
    }

    /// The place of the byte after the one character that begins at `start`.
    @inline(__always)
    static func next(_ bytes: Bytes, after start: Int) -> Int {
        var end = start + 1
        while end < bytes.count, isContinuation(bytes[end]) { end += 1 }
        return end
    }

    /// The place of the byte at which the character `characters` behind the one at `start` begins; the end if
    /// there is none.
    @inline(__always)
    static func offset(_ bytes: Bytes, skipping characters: Int, from start: Int = 0) -> Int {
        var place = start
        var left = characters
        while left > 0, place < bytes.count {
            place = next(bytes, after: place)
            left -= 1
        }
        return min(place, bytes.count)
    }

    /// The place of the byte at which the last `characters` characters begin; 0 if there are no more than
    /// these.
    static func offset(_ bytes: Bytes, last characters: Int) -> Int {
        var place = bytes.count
        var left = characters
        while left > 0, place > 0 {
            place -= 1
            if !isContinuation(bytes[place]) { left -= 1 }
        }
        return place
    }

    /// The character that begins at `place`, and how many bytes it has. A byte that begins none is a
    /// character of its own.
    @inline(__always)
    static func decode(_ bytes: Bytes, _ place: Int) -> (scalar: UInt32, length: Int) {
        let first = UInt32(bytes[place])
        if first < 0x80 { return (first, 1) }
        let left = bytes.count - place
        if first >= 0xC2, first < 0xE0, left >= 2 {
            return ((first & 0x1F) << 6 | UInt32(bytes[place + 1] & 0x3F), 2)
        }
        if first >= 0xE0, first < 0xF0, left >= 3 {
            let middle = UInt32(bytes[place + 1] & 0x3F) << 6
            return ((first & 0x0F) << 12 | middle | UInt32(bytes[place + 2] & 0x3F), 3)
        }
        if first >= 0xF0, first < 0xF5, left >= 4 {
            let high = UInt32(bytes[place + 1] & 0x3F) << 12
            let middle = UInt32(bytes[place + 2] & 0x3F) << 6
            return ((first & 0x07) << 18 | high | middle | UInt32(bytes[place + 3] & 0x3F), 4)
        }
        return (0xFFFD, 1)
    }

    /// All characters.
    static func scalars(_ bytes: Bytes) -> [UInt32] {
        var result: [UInt32] = []
        result.reserveCapacity(bytes.count)
        var place = 0
        while place < bytes.count {
            let (scalar, length) = decode(bytes, place)
            result.append(scalar)
            place += length
        }
        return result
    }

    static func append(_ scalar: UInt32, to bytes: inout [UInt8]) {
        switch scalar {
        case 0..<0x80: bytes.append(UInt8(scalar))
        case 0x80..<0x800: bytes += [UInt8(0xC0 | scalar >> 6), UInt8(0x80 | scalar & 0x3F)]
        case 0x800..<0x10000:
            bytes += [
                UInt8(0xE0 | scalar >> 12), UInt8(0x80 | scalar >> 6 & 0x3F), UInt8(0x80 | scalar & 0x3F),
            ]
        default:
            bytes += [
                UInt8(0xF0 | scalar >> 18 & 0x07), UInt8(0x80 | scalar >> 12 & 0x3F),
                UInt8(0x80 | scalar >> 6 & 0x3F),
                UInt8(0x80 | scalar & 0x3F),
            ]
        }
    }

    /// The bytes `range` of `bytes`.
    @inline(__always)
    static func slice(_ bytes: Bytes, _ start: Int, _ end: Int) -> Bytes {
        Bytes(rebasing: bytes[start..<max(start, end)])
    }

    @inline(__always)
    static func equal(_ left: Bytes, _ right: Bytes) -> Bool {
        guard left.count == right.count else { return false }
        for place in 0..<left.count where left[place] != right[place] { return false }
        return true
    }

    @inline(__always)
    static func hasPrefix(_ bytes: Bytes, _ prefix: Bytes, at start: Int = 0) -> Bool {
        guard bytes.count - start >= prefix.count else { return false }
        for place in 0..<prefix.count where bytes[start + place] != prefix[place] { return false }
        return true
    }

    @inline(__always)
    static func hasSuffix(_ bytes: Bytes, _ suffix: Bytes) -> Bool {
        bytes.count >= suffix.count && hasPrefix(bytes, suffix, at: bytes.count - suffix.count)
    }

    /// Whether `left` stands before `right` in the order of bytes.
    static func less(_ left: Bytes, _ right: Bytes) -> Bool {
        for place in 0..<min(left.count, right.count) where left[place] != right[place] {
            return left[place] < right[place]
        }
        return left.count < right.count
    }

    /// The first place at or after `start` at which `needle` stands.
    static func find(_ needle: Bytes, in bytes: Bytes, from start: Int = 0) -> Int? {
        guard let first = needle.first else { return start <= bytes.count ? start : nil }
        let last = bytes.count - needle.count
        guard start <= last, let base = bytes.baseAddress else { return nil }
        var place = start
        while place <= last {
            guard let found = memchr(base + place, Int32(first), last - place + 1) else { return nil }
            place = UnsafeRawPointer(found) - UnsafeRawPointer(base)
            if hasPrefix(bytes, needle, at: place) { return place }
            place += 1
        }
        return nil
    }
}
