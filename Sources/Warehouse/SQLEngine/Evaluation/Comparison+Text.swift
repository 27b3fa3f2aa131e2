import JSON
import Vectors

/// The order of text: by bytes.
package enum TextOrder {
    /// Negative, 0 or positive.
    package static func compare(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>)
        -> Int
    {
        let common = min(left.count, right.count)
        guard let first = left.baseAddress, let second = right.baseAddress, common > 0 else {
            return left.count - right.count
        }
        let (a, b) = (UnsafeRawPointer(first), UnsafeRawPointer(second))
        var place = 0
        while place + 8 <= common {
            let x = a.loadUnaligned(fromByteOffset: place, as: UInt64.self)
            let y = b.loadUnaligned(fromByteOffset: place, as: UInt64.self)
            if x != y { return x.bigEndian < y.bigEndian ? -1 : 1 }
            place += 8
        }
        while place < common {
            if first[place] != second[place] { return first[place] < second[place] ? -1 : 1 }
            place += 1
        }
        return left.count - right.count
    }
}

extension Comparison {
    static func fillText(
        _ target: UnsafeMutablePointer<UInt8>, _ left: Vector, _ right: Vector, _ count: Int, _ truth: Truth
    ) {
        guard let dictionary = left.dictionary, let other = right.dictionary else { return }
        if right.isConstant { return fillText(target, left, dictionary, right.bytes(0), count, truth) }
        let (a, b) = (left.codes, right.codes)
        let isEquality = truth.operation == .equal || truth.operation == .notEqual
        if dictionary === other, dictionary.isUnique, isEquality {
            return loop(target, count, truth.operation, { a[$0] }, { b[$0] })
        }
        let isSame = dictionary === other
        for row in 0..<count {
            if isSame, a[row] == b[row] {
                target[row] = truth.equal
                continue
            }
            let (first, second) = (dictionary[Int(a[row])], other[Int(b[row])])
            if isEquality, first.count != second.count {
                target[row] = truth.less
            } else {
                target[row] = truth(TextOrder.compare(first, second))
            }
        }
    }

    /// With a constant: once for each string of the dictionary, where that is not more often than once for
    /// each row.
    private static func fillText(
        _ target: UnsafeMutablePointer<UInt8>, _ left: Vector, _ dictionary: StringDictionary,
        _ constant: UnsafeBufferPointer<UInt8>, _ count: Int, _ truth: Truth
    ) {
        let codes = left.codes
        let isEquality = truth.operation == .equal || truth.operation == .notEqual
        func verdict(_ code: Int) -> UInt8 {
            let text = dictionary[code]
            // Where lengths differ, equality needs no bytes; less and greater have one answer then.
            if isEquality, text.count != constant.count { return truth.less }
            return truth(TextOrder.compare(text, constant))
        }
        guard dictionary.count <= count else {
            for row in 0..<count { target[row] = verdict(Int(codes[row])) }
            return
        }
        if isEquality, dictionary.isUnique {
            // At most one code is equal.
            let match = (0..<dictionary.count).first { verdict($0) == truth.equal }
            guard let match else { return target.initialize(repeating: truth.less, count: count) }
            let code = UInt32(match)
            return loop(target, count, truth.operation, { codes[$0] }, { _ in code })
        }
        withTemporaryMemory(of: UInt8.self, capacity: max(1, dictionary.count)) { verdicts in
            for code in 0..<dictionary.count { verdicts[code] = verdict(code) }
            for row in 0..<count { target[row] = verdicts[Int(codes[row])] }
        }
    }
}

/// The order of VARIANT values in whatever form: kinds first (null, booleans, numbers, strings, arrays,
/// objects), then numbers by value, strings by their bytes, arrays and objects by their text.
enum VariantTextOrder {
    private enum Value {
        case null
        case boolean(Bool)
        case decimal(Int128, scale: Int)
        case double(Double)
        case string(TextParsing.Bytes, isJSON: Bool)
        case array(TextParsing.Bytes)
        case object(TextParsing.Bytes)

        var rank: Int {
            switch self {
            case .null: 0
            case .boolean: 1
            case .decimal, .double: 2
            case .string: 3
            case .array: 4
            case .object: 5
            }
        }
    }

    static func compare(_ left: Vector, _ i: Int, _ right: Vector, _ j: Int) -> Int {
        let (a, b) = (value(left, i), value(right, j))
        switch (a, b) {
        case (.boolean(let first), .boolean(let second)): return (first ? 1 : 0) - (second ? 1 : 0)
        case (.decimal(let first, let scale), .decimal(let second, let otherScale)):
            return compare(first, scale, second, otherScale)
        case (.double(let first), .double(let second)): return Comparison.order(first, second)
        case (.decimal(let first, let scale), .double(let second)):
            return Comparison.order(Double(first) / decimalPower(scale), second)
        case (.double(let first), .decimal(let second, let scale)):
            return Comparison.order(first, Double(second) / decimalPower(scale))
        case (.string(let first, let isJSON), .string(let second, let isOtherJSON)):
            return characters(first, isJSON) { first in
                characters(second, isOtherJSON) { TextOrder.compare(first, $0) }
            }
        case (.array(let first), .array(let second)), (.object(let first), .object(let second)):
            return TextOrder.compare(first, second)
        default: return a.rank - b.rank
        }
    }

    private static func characters(
        _ text: TextParsing.Bytes, _ isJSON: Bool, _ body: (TextParsing.Bytes) -> Int
    ) -> Int {
        isJSON ? VariantText.withString(text, body) : body(text)
    }

    private static func compare(_ first: Int128, _ scale: Int, _ second: Int128, _ otherScale: Int) -> Int {
        if scale == otherScale { return Comparison.order(first, second) }
        if scale > otherScale { return -compare(second, otherScale, first, scale) }
        // What exceeds 38 digits at the larger scale is beyond all that does not.
        guard let larger = DecimalMath.shifted(first, by: otherScale - scale) else {
            return first < 0 ? -1 : 1
        }
        return Comparison.order(larger, second)
    }

    private static func value(_ vector: Vector, _ row: Int) -> Value {
        if let validity = vector.validity, validity[row] == Vector.jsonNull { return .null }
        switch vector.layout {
        case .bool: return .boolean(vector.bools[row] != 0)
        case .int64: return .decimal(Int128(vector.int64s[row]), scale: vector.scale)
        case .int128: return .decimal(vector.int128s[row], scale: vector.scale)
        case .double: return .double(vector.doubles[row])
        case .string:
            let text = vector.bytes(row)
            guard vector.isJSON else {
                if TypedText.kind(of: text) == .double { return double(TypedText.characters(text)) }
                return .string(TypedText.characters(text), isJSON: false)
            }
            switch VariantText.kind(text) {
            case .null: return .null
            case .yes: return .boolean(true)
            case .no: return .boolean(false)
            case .string:
                guard TypedText.kind(ofQuoted: text) == .double else { return .string(text, isJSON: true) }
                return double(TypedText.characters(TextParsing.Bytes(rebasing: text.dropFirst().dropLast())))
            case .array: return .array(text)
            case .object: return .object(text)
            case .number: return number(text)
            }
        }
    }

    /// A FLOAT of a VARIANT.
    private static func double(_ text: TextParsing.Bytes) -> Value {
        .double(TextParsing.float(text) ?? .nan)
    }

    private static func number(_ text: TextParsing.Bytes) -> Value {
        guard let decimal = TextParsing.decimal(text) else { return .double(.nan) }
        let magnitude = Int128(decimal.digits)
        let value = decimal.isNegative ? -magnitude : magnitude
        if !decimal.isInexact, -38...0 ~= decimal.exponent {
            return .decimal(value, scale: -decimal.exponent)
        }
        if !decimal.isInexact, decimal.exponent > 0,
            let whole = DecimalMath.shifted(value, by: decimal.exponent)
        {
            return .decimal(whole, scale: 0)
        }
        return .double(TextParsing.float(text) ?? .nan)
    }
}
