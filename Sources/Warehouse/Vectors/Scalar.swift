/// One value, outside of a vector.
public enum Scalar: Hashable, Sendable {
    /// NULL.
    case null
    /// A BOOLEAN.
    case boolean(Bool)
    /// A NUMBER: an integer that counts units of 10^-scale.
    case number(Int128, scale: Int)
    /// A FLOAT.
    case float(Double)
    /// A VARCHAR.
    case text(String)
    /// A BINARY.
    case bytes([UInt8])
    /// DATE, TIME or a timestamp: days or microseconds, as `SQLType` says of each.
    case temporal(Int64, SQLType)
    /// A VARIANT, OBJECT or ARRAY as JSON text.
    case json(String)

    /// A whole number.
    public static func integer(_ value: Int) -> Scalar { .number(Int128(value), scale: 0) }
}

/// Two are equal that cannot be told apart: texts of the same bytes (Swift's own comparison takes `é` and `e` with an
/// accent behind it for one), numbers of the same digits, doubles of the same bits.
extension Scalar {
    /// Whether they cannot be told apart.
    public static func == (left: Scalar, right: Scalar) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.boolean(let a), .boolean(let b)): a == b
        case (.number(let a, let x), .number(let b, let y)): a == b && x == y
        case (.float(let a), .float(let b)): a.bitPattern == b.bitPattern
        case (.text(let a), .text(let b)), (.json(let a), .json(let b)): a.utf8.elementsEqual(b.utf8)
        case (.bytes(let a), .bytes(let b)): a == b
        case (.temporal(let a, let x), .temporal(let b, let y)): a == b && x == y
        default: false
        }
    }
}

extension Scalar: CustomStringConvertible {
    /// The value as Snowflake's clients show it by default; NULL is "NULL".
    public var description: String {
        switch self {
        case .null: "NULL"
        case .boolean(let value): value ? "TRUE" : "FALSE"
        case .number(let value, let scale): DecimalText.text(value, scale: scale, trimmed: false)
        case .float(let value): JSONText.number(value)
        case .text(let value): value
        case .bytes(let value):
            value.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) }.joined()
        case .temporal(let value, let type): TemporalText.text(value, type)
        case .json(let text): TypedText.plain(text)
        }
    }

    /// The value as other programs read it: JSON without the marks of `TypedText`.
    package var plain: Scalar {
        if case .json(let text) = self { .json(TypedText.plain(text)) } else { self }
    }
}

/// Decimals as text.
package enum DecimalText {
    /// `value` times 10^-scale.
    ///
    /// - Parameter trimmed: leaves out zeros at the end behind the point.
    package static func text(_ value: Int128, scale: Int, trimmed: Bool) -> String {
        guard scale > 0 else { return String(value) }
        var digits = Array(String(value.magnitude).utf8)
        if digits.count <= scale {
            digits.insert(contentsOf: repeatElement(0x30, count: scale + 1 - digits.count), at: 0)
        }
        var fraction = digits[(digits.count - scale)...]
        if trimmed { while fraction.last == 0x30 { fraction.removeLast() } }
        let whole = String(decoding: digits[..<(digits.count - scale)], as: UTF8.self)
        let sign = value < 0 ? "-" : ""
        return fraction.isEmpty
            ? sign + whole : "\(sign)\(whole).\(String(decoding: fraction, as: UTF8.self))"
    }
}

/// JSON values as text.
package enum JSONText {
    /// A double: the shortest text that names it, without ".0".
    package static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        let text = "\(value)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// A string with quotes and escapes.
    package static func quoted(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        var result: [UInt8] = [0x22]
        result.reserveCapacity(bytes.count + 2)
        appendQuoted(bytes, to: &result)
        result.append(0x22)
        return String(decoding: result, as: UTF8.self)
    }

    /// The characters of a string, escaped, without quotes.
    package static func appendQuoted(_ bytes: UnsafeBufferPointer<UInt8>, to result: inout [UInt8]) {
        let hexadecimal = Array("0123456789abcdef".utf8)
        for byte in bytes {
            switch byte {
            case 0x22, 0x5C: result += [0x5C, byte]
            case 0x0A: result += [0x5C, 0x6E]
            case 0x0D: result += [0x5C, 0x72]
            case 0x09: result += [0x5C, 0x74]
            case 0x08: result += [0x5C, 0x62]
            case 0x0C: result += [0x5C, 0x66]
            case 0..<0x20:
                result += Array("\\u00".utf8) + [hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]]
            default: result.append(byte)
            }
        }
    }
}
