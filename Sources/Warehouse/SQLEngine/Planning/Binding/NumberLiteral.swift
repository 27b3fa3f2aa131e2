import Vectors

/// A number as it is written in SQL: NUMBER with as many digits as it has, FLOAT where it has an exponent or too many.
struct NumberLiteral {
    let value: Scalar
    let type: SQLType

    init?(_ text: String) {
        let isNegative = text.hasPrefix("-")
        let bytes = Array((isNegative ? text.dropFirst() : Substring(text)).utf8)
        var digits = 0
        var scale = 0
        var mantissa: Int128 = 0
        var isBehindPoint = false
        var isDecimal = true
        for byte in bytes {
            switch byte {
            case 0x2E: isBehindPoint = true
            case 0x30...0x39:
                if mantissa != 0 || byte != 0x30 || isBehindPoint { digits += 1 }
                if digits > 38 {
                    isDecimal = false
                    break
                }
                mantissa = mantissa * 10 + Int128(byte - 0x30)
                if isBehindPoint { scale += 1 }
            default: isDecimal = false
            }
        }
        if isDecimal, scale <= 37 {
            value = .number(isNegative ? -mantissa : mantissa, scale: scale)
            type = .number(precision: max(1, digits, scale), scale: scale)
            return
        }
        guard let double = Double(text), double.isFinite else { return nil }
        value = .float(double)
        type = .float
    }

    /// The type of a value that stands alone.
    static func type(of value: Scalar) -> SQLType {
        switch value {
        case .null: .null
        case .boolean: .boolean
        case .number(let value, let scale):
            .number(precision: max(scale, String(value.magnitude).utf8.count), scale: scale)
        case .float: .float
        case .text: .varchar
        case .bytes: .binary
        case .temporal(_, let type): type
        case .json: .variant
        }
    }
}

/// Names that resemble one that is not there.
package enum NearestNames {
    /// Up to three of `names` within a third of the name's length in edits.
    package static func of(_ name: String, among names: [String]) -> [String] {
        let wanted = Array(name.uppercased().utf8)
        let scored = Set(names).map { ($0, distance(wanted, Array($0.uppercased().utf8))) }
            .filter { $0.1 <= max(1, wanted.count / 3) }
        return scored.sorted { ($0.1, $0.0) < ($1.1, $1.0) }.prefix(3).map(\.0)
    }

    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        guard left.count <= 256, right.count <= 256 else { return .max }
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (a == b ? 0 : 1))
                diagonal = above
            }
        }
        return row[right.count]
    }
}
