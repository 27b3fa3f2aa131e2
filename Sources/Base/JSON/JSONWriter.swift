/// Bytes of JSON texts that grow at their end. The memory stays when they are cleared.
package struct JSONWriter: ~Copyable {
    private var base: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    /// How many bytes there are. May be set back to an earlier count to take what followed away.
    package var count = 0

    package init(capacity: Int = 256) {
        self.capacity = max(64, capacity)
        base = .allocate(capacity: self.capacity)
    }

    deinit { base.deallocate() }

    /// What has been written, until the next change.
    @inline(__always)
    package var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: base, count: count) }

    /// What has been written, as a string of its own.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Room for `room` more bytes at the end; `count` is then raised by what was used of it.
    @inline(__always)
    package mutating func reserve(_ room: Int) -> UnsafeMutablePointer<UInt8> {
        if count + room > capacity { grow(room) }
        return base + count
    }

    private mutating func grow(_ room: Int) {
        capacity = (count + room) * 2
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: base, count: count)
        base.deallocate()
        base = larger
    }

    @inline(__always)
    package mutating func append(_ byte: UInt8) {
        reserve(1).pointee = byte
        count += 1
    }

    @inline(__always)
    package mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count).update(from: source, count: bytes.count)
        count += bytes.count
    }

    package mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append($0) }
    }

    /// A string with its quotes and, where needed, escapes.
    package mutating func appendQuoted(_ string: UnsafeBufferPointer<UInt8>) {
        // An escape takes up to six bytes.
        let start = reserve(string.count * 6 + 2)
        start.pointee = 0x22
        let end = Self.writeEscaped(string, start + 1)
        end.pointee = 0x22
        count += end + 1 - start
    }

    /// A string with its quotes and, where needed, escapes.
    package mutating func appendQuoted(_ string: String) {
        var string = string
        string.withUTF8 { appendQuoted($0) }
    }

    /// Writes the characters of a string, escaped, without quotes, at most six bytes for each; the answer is their end.
    package static func writeEscaped(
        _ string: UnsafeBufferPointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        var target = target
        for byte in string {
            if byte >= 0x20, byte != 0x22, byte != 0x5C {
                target.pointee = byte
                target += 1
            } else {
                target = writeEscape(byte, target)
            }
        }
        return target
    }

    private static func writeEscape(_ byte: UInt8, _ target: UnsafeMutablePointer<UInt8>)
        -> UnsafeMutablePointer<UInt8>
    {
        target[0] = UInt8(ascii: "\\")
        switch byte {
        case 0x22, 0x5C: target[1] = byte
        case 0x08: target[1] = UInt8(ascii: "b")
        case 0x09: target[1] = UInt8(ascii: "t")
        case 0x0A: target[1] = UInt8(ascii: "n")
        case 0x0C: target[1] = UInt8(ascii: "f")
        case 0x0D: target[1] = UInt8(ascii: "r")
        default:
            let low = byte & 15
            target[1] = UInt8(ascii: "u")
            target[2] = UInt8(ascii: "0")
            target[3] = UInt8(ascii: "0")
            target[4] = UInt8(ascii: "0") + byte >> 4
            target[5] = low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10
            return target + 6
        }
        return target + 2
    }

    /// `value` times 10^-scale, without zeros at the end behind the point.
    package mutating func appendDecimal(_ value: Int64, scale: Int) {
        let target = reserve(40 + max(0, scale))
        count += Self.write(value, scale: scale, target)
    }

    /// Writes `value` times 10^-scale, at most 40 bytes and `scale` more; the answer is how many.
    @inline(__always)
    package static func write(_ value: Int64, scale: Int, _ target: UnsafeMutablePointer<UInt8>) -> Int {
        var magnitude = value.magnitude
        var scale = scale
        while scale > 0 {
            let (quotient, remainder) = magnitude.quotientAndRemainder(dividingBy: 10)
            guard remainder == 0 else { break }
            magnitude = quotient
            scale -= 1
        }
        var length = 1
        var limit: UInt64 = 10
        while length < 20, magnitude >= limit {
            length += 1
            let (next, overflow) = limit.multipliedReportingOverflow(by: 10)
            if overflow { break }
            limit = next
        }
        length = max(length, scale + 1)
        let sign = value < 0 ? 1 : 0
        target.pointee = UInt8(ascii: "-")
        let total = sign + length + (scale > 0 ? 1 : 0)
        var position = total
        var digits = 0
        while digits < length {
            if digits == scale, scale > 0 {
                position -= 1
                target[position] = UInt8(ascii: ".")
            }
            let (quotient, remainder) = magnitude.quotientAndRemainder(dividingBy: 10)
            position -= 1
            target[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: remainder)
            magnitude = quotient
            digits += 1
        }
        return total
    }

    /// `value` times 10^-scale, without zeros at the end behind the point.
    package mutating func appendDecimal(_ value: Int128, scale: Int) {
        if let small = Int64(exactly: value) {
            appendDecimal(small, scale: scale)
        } else {
            append(DecimalText.text(value, scale: scale, trimmed: true))
        }
    }

    /// A number: decimals in full, doubles beyond them as their shortest text, anything else as it was
    /// written.
    package mutating func append(_ number: JSONNumber) {
        switch number {
        case .decimal(let value, let scale): appendDecimal(value, scale: scale)
        case .double(let value): append(JSONText.number(value))
        case .verbatim(let text): append(text)
        }
    }

    /// A double, in the form its number has among JSON numbers.
    package mutating func append(_ value: Double) {
        if let integer = Int64(exactly: value), integer.magnitude < 1 << 53 {
            appendDecimal(integer, scale: 0)
        } else if value.isFinite {
            append(JSONNumber(value))
        } else {
            append(JSONText.number(value))
        }
    }
}
