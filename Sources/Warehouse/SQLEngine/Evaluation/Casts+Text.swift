import CivilTime
import JSON
import Vectors

/// To VARCHAR, in the default formats, and from text to text.
extension Conversion {
    func toText(_ vector: Vector) throws -> Vector {
        switch vector.type {
        case .boolean:
            let result = Vector.allocate(.varchar, count: vector.count, dictionary: Self.booleanWords)
            for row in 0..<vector.count { result.codes[row] = vector.bools[row] == 0 ? 0 : 1 }
            return result.withNulls(of: vector)
        case .number: return decimals(vector, trimmed: false)
        case .float: return floats(vector)
        case .date, .time, .timestampNTZ, .timestampLTZ, .timestampTZ: return times(vector)
        case .binary: return hexadecimal(vector)
        case .object, .array: return vector.asPlainJSONText().with(type: .varchar, isJSON: false)
        default: throw impossible(vector)
        }
    }

    private static let booleanWords = StringDictionary(["false", "true"])

    /// NUMBER with all digits of its scale, or those of a VARIANT without zeros at the end.
    func decimals(_ vector: Vector, trimmed: Bool) -> Vector {
        let scale = vector.scale
        if vector.layout == .int128 || scale > 18 {
            let wide = vector.widened()
            let builder = StringDictionaryBuilder(capacity: vector.count)
            let result = Vector.allocate(to, layout: .string, count: vector.count, isJSON: false)
            for row in 0..<vector.count {
                result.codes[row] = UInt32(row)
                builder.append(
                    wide.isValid(row)
                        ? DecimalText.text(wide.int128s[row], scale: scale, trimmed: trimmed) : "")
            }
            return result.with(dictionary: builder.finish()).withNulls(of: vector)
        }
        if !trimmed { return write(vector) { TextWriting.decimal($0, scale: scale, into: $1) } }
        return write(vector) { value, target in
            var (value, scale) = (value, scale)
            while scale > 0, value % 10 == 0 { (value, scale) = (value / 10, scale - 1) }
            return TextWriting.decimal(value, scale: scale, into: target)
        }
    }

    /// FLOAT; in a VARIANT marked as such.
    func floats(_ vector: Vector, mark: JSONKind? = nil) -> Vector {
        switch vector.layout {
        case .int64:
            let scale = vector.scale
            return write(vector, mark: mark) { TextWriting.decimalFloat($0, scale: scale, into: $1) }
        case .int128: return floats(vector.asDoubles(), mark: mark)
        default:
            return write(vector, mark: mark) {
                TextWriting.float(Double(bitPattern: UInt64(bitPattern: $0)), into: $1)
            }
        }
    }

    /// The texts of 64-bit values, behind the mark of a kind of value of a VARIANT where one is given; equal neighbours
    /// share one.
    @inline(__always)
    func write(_ vector: Vector, mark: JSONKind? = nil, _ body: (Int64, TextWriting.Target) -> Int) -> Vector
    {
        let prefix = mark == nil ? 0 : TypedText.prefixCount
        let builder = StringDictionaryBuilder(capacity: vector.count, byteCapacity: vector.count * 12 + 64)
        let result = Vector.allocate(to, layout: .string, count: vector.count, isJSON: false)
        let (source, codes, validity) = (vector.int64s, result.codes, vector.validity)
        var last: Int64?
        var code: UInt32 = 0
        for row in 0..<vector.count {
            if (validity?[row] ?? 1) != 0, source[row] != last {
                code = UInt32(truncatingIfNeeded: builder.count)
                last = source[row]
                let target = builder.reserve(TextWriting.lengthMax + prefix)
                if let mark { TypedText.writePrefix(mark, target) }
                builder.commit(prefix + body(source[row], target + prefix))
            }
            codes[row] = code
        }
        // The codes of NULLs point into the dictionary too.
        if builder.count == 0 { builder.append("") }
        return result.with(dictionary: builder.finish()).withNulls(of: vector)
    }

    /// Temporal values; in a VARIANT all digits of the fraction are kept, and the kind is marked.
    func times(_ vector: Vector, mark: JSONKind? = nil) -> Vector {
        func digits(_ microseconds: Int64, _ usual: Int) -> Int {
            mark != nil && microseconds % 1000 != 0 ? 6 : usual
        }
        let zone = context.zone
        switch vector.type {
        case .date: return write(vector, mark: mark) { TextWriting.date($0, into: $1) }
        case .time:
            return write(vector, mark: mark) { value, target in
                let usual = mark != nil && value % 1_000_000 != 0 ? 3 : 0
                return TextWriting.time(value, fraction: digits(value, usual), into: target)
            }
        case .timestampLTZ:
            return write(vector, mark: mark) { value, target in
                let offset = zone.offsetSeconds(atUTC: value)
                let local = value + offset * 1_000_000
                let length = TextWriting.timestamp(local, fraction: digits(value, 3), into: target)
                return length + TextWriting.zone(Int(offset / 60), into: target + length)
            }
        case .timestampTZ:
            return write(vector, mark: mark) { value, target in
                let offset = TimestampTZ.offsetMinutes(value)
                let local = TimestampTZ.utcMicroseconds(value) + Int64(offset) * 60_000_000
                let length = TextWriting.timestamp(local, fraction: digits(local, 3), into: target)
                return length + TextWriting.zone(offset, into: target + length)
            }
        default:
            return write(vector, mark: mark) {
                TextWriting.timestamp($0, fraction: digits($0, 3), into: $1)
            }
        }
    }

    func hexadecimal(_ vector: Vector, mark: JSONKind? = nil) -> Vector {
        let digits = Array("0123456789ABCDEF".utf8)
        guard let dictionary = vector.dictionary else { return Vector.nulls(to, count: vector.count) }
        let result = try? mapText(vector, isJSON: false) { code, builder in
            let bytes = dictionary[code]
            let prefix = mark == nil ? 0 : TypedText.prefixCount
            let start = builder.reserve(bytes.count * 2 + prefix)
            if let mark { TypedText.writePrefix(mark, start) }
            let target = start + prefix
            for index in 0..<bytes.count {
                target[index * 2] = digits[Int(bytes[index] >> 4)]
                target[index * 2 + 1] = digits[Int(bytes[index] & 15)]
            }
            builder.commit(bytes.count * 2 + prefix)
            return .value
        } failure: { _ in
            SQLError(.data, "")
        }
        return result ?? Vector.nulls(to, count: vector.count)
    }

    /// What became of a string. Only for `value` has something been appended to the builder.
    enum TextOutcome: UInt8 { case null, value, failed }

    /// Text from text: each string of a dictionary that is not larger than the vector is converted once.
    ///
    /// - Parameter transform: appends what a string becomes.
    func mapText(
        _ vector: Vector, isJSON: Bool, _ transform: (Int, StringDictionaryBuilder) -> TextOutcome,
        failure: (Int) -> SQLError
    ) throws -> Vector {
        guard let dictionary = vector.dictionary else { throw impossible(vector) }
        let isByEntry = dictionary.count <= vector.count
        let builder = StringDictionaryBuilder(capacity: isByEntry ? dictionary.count : vector.count)
        var outcomes: [TextOutcome] = []
        if isByEntry {
            for code in 0..<dictionary.count {
                let outcome = transform(code, builder)
                if outcome != .value { builder.append("") }
                outcomes.append(outcome)
            }
            if outcomes.allSatisfy({ $0 == .value }) {
                return vector.with(
                    type: to, dictionary: builder.finish(), isJSON: isJSON, alsoKeeping: vector)
            }
        }
        let result = Vector.allocate(
            to, layout: .string, count: vector.count, hasValidity: true, isJSON: isJSON)
        for row in 0..<vector.count {
            let code = Int(vector.codes[row])
            var outcome = TextOutcome.null
            if vector.isValid(row) { outcome = isByEntry ? outcomes[code] : transform(code, builder) }
            if !isByEntry, outcome != .value { builder.append("") }
            if outcome == .failed, !isTry { throw failure(code) }
            result.codes[row] = isByEntry ? UInt32(code) : UInt32(row)
            result.validity?[row] = outcome == .value ? 1 : 0
        }
        return result.with(dictionary: builder.finish()).droppingNeedlessValidity()
    }
}
