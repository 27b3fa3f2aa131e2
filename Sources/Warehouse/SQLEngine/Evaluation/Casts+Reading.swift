import JSON
import Vectors

/// How values of one type are read from text and from what JSON values hold.
struct Reader<Value> {
    var layout: Layout
    var zero: Value
    /// The word for the type in messages about text ("Numeric value 'x' is not recognized"), and in those
    /// about VARIANT.
    var noun: String
    var variantName: String
    var read: (TextParsing.Bytes, Readers.Kind) -> Value?
}

/// Readers of all types.
enum Readers {
    /// Where the characters are from: VARCHAR and JSON strings, JSON numbers, or `true` and `false` of JSON.
    enum Kind { case text, number, yes, no }

    static let boolean = { @Sendable (_: Conversion) in
        Reader<UInt8>(layout: .bool, zero: 0, noun: "Boolean", variantName: "BOOLEAN") { text, kind in
            switch kind {
            case .yes: 1
            case .no: 0
            case .number: TextParsing.float(text).map { $0 != 0 ? 1 : 0 }
            case .text: TextParsing.boolean(text).map { $0 ? 1 : 0 }
            }
        }
    }

    static let float = { @Sendable (_: Conversion) in
        Reader<Double>(layout: .double, zero: 0, noun: "Numeric", variantName: "REAL") { text, kind in
            switch kind {
            case .yes: 1
            case .no: 0
            case .number, .text: TextParsing.float(text)
            }
        }
    }

    static func longNumber(precision: Int, scale: Int) -> (Conversion) -> Reader<Int128> {
        { _ in
            Reader<Int128>(layout: .int128, zero: 0, noun: "Numeric", variantName: "FIXED") { text, kind in
                switch kind {
                case .yes: precision > scale ? DecimalMath.powers[scale] : nil
                case .no: 0
                case .number, .text: TextParsing.number(text, precision: precision, scale: scale)
                }
            }
        }
    }

    /// Of up to 18 digits, which fit 64 bits.
    static func shortNumber(precision: Int, scale: Int) -> (Conversion) -> Reader<Int64> {
        { _ in
            Reader<Int64>(layout: .int64, zero: 0, noun: "Numeric", variantName: "FIXED") { text, kind in
                switch kind {
                case .yes: precision > scale ? DecimalMath.powers64[scale] : nil
                case .no: 0
                case .number, .text:
                    TextParsing.number(text, precision: precision, scale: scale).map {
                        Int64(truncatingIfNeeded: $0)
                    }
                }
            }
        }
    }

    static let date = { @Sendable (_: Conversion) in
        Reader<Int64>(layout: .int64, zero: 0, noun: "Date", variantName: "DATE") { text, kind in
            switch kind {
            case .yes, .no: nil
            case .number, .text: TextParsing.date(text)
            }
        }
    }

    static let time = { @Sendable (_: Conversion) in
        Reader<Int64>(layout: .int64, zero: 0, noun: "Time", variantName: "TIME") { text, kind in
            switch kind {
            case .yes, .no: nil
            case .number, .text: TextParsing.time(text)
            }
        }
    }

    static let timestamp = { @Sendable (conversion: Conversion) in
        Reader<Int64>(
            layout: .int64, zero: 0, noun: "Timestamp", variantName: conversion.to.description
        ) { text, kind in
            switch kind {
            case .yes, .no: return nil
            case .text: return TextParsing.timestamp(text).flatMap(conversion.value(of:))
            case .number:
                if let timestamp = TextParsing.timestamp(text) { return conversion.value(of: timestamp) }
                // Seconds with a fraction.
                guard let decimal = TextParsing.number(text, precision: 18, scale: 6) else { return nil }
                return conversion.value(of: .init(local: Int64(truncatingIfNeeded: decimal), isEpoch: true))
            }
        }
    }
}

extension Conversion {
    /// A VARCHAR, or a VARIANT of JSON text, by a reader. Each string of a dictionary that is not larger than
    /// the vector is read once; what no valid row uses cannot fail.
    func read<Value>(_ vector: Vector, _ making: (Conversion) -> Reader<Value>) throws -> Vector {
        let reader = making(self)
        let isJSON = vector.isJSON
        guard let dictionary = vector.dictionary else { throw impossible(vector) }
        let result = Vector.allocate(to, layout: reader.layout, count: vector.count, hasValidity: true)
        let target = result.raw.assumingMemoryBound(to: Value.self)
        guard let validity = result.validity else { return result }
        let isByEntry = dictionary.count <= vector.count
        var values: [Value] = []
        var outcomes: [UInt8] = []
        if isByEntry {
            values.reserveCapacity(dictionary.count)
            outcomes.reserveCapacity(dictionary.count)
            for code in 0..<dictionary.count {
                var value = reader.zero
                outcomes.append(outcome(dictionary[code], isJSON, reader, &value))
                values.append(value)
            }
        }
        let (codes, valid) = (vector.codes, vector.validity)
        for row in 0..<vector.count {
            let code = Int(codes[row])
            guard (valid?[row] ?? 1) != 0 else {
                target[row] = reader.zero
                validity[row] = 0
                continue
            }
            var found: UInt8
            if isByEntry {
                target[row] = values[code]
                found = outcomes[code]
            } else {
                var value = reader.zero
                found = outcome(dictionary[code], isJSON, reader, &value)
                target[row] = value
            }
            if found == Self.failed {
                if !isTry { throw unreadable(dictionary[code], reader, isVariant: vector.type == .variant) }
                found = 0
            }
            validity[row] = found
        }
        return result.droppingNeedlessValidity()
    }

    private static var failed: UInt8 { 2 }

    /// 0: NULL, 1: a value, 2: failed.
    @inline(__always)
    private func outcome<Value>(
        _ text: TextParsing.Bytes, _ isJSON: Bool, _ reader: Reader<Value>, _ value: inout Value
    ) -> UInt8 {
        var found: Value?
        if isJSON {
            switch VariantText.kind(text) {
            case .null: return 0
            case .object, .array: return Self.failed
            case .yes: found = reader.read(text, .yes)
            case .no: found = reader.read(text, .no)
            case .number: found = reader.read(text, .number)
            case .string:
                let kind: Readers.Kind = TypedText.kind(ofQuoted: text) == .double ? .number : .text
                found = VariantText.withString(text) { reader.read($0, kind) }
            }
        } else {
            found = reader.read(text, .text)
        }
        guard let found else { return Self.failed }
        value = found
        return 1
    }

    private func unreadable<Value>(_ text: TextParsing.Bytes, _ reader: Reader<Value>, isVariant: Bool)
        -> SQLError
    {
        let shown = String(decoding: text.prefix(200), as: UTF8.self)
        if isVariant {
            return SQLError(.data, "Failed to cast variant value \(shown) to \(reader.variantName)")
        }
        if to.isNumber, TextParsing.decimal(text) != nil {
            return DecimalMath.outOfRange(String(decoding: TextParsing.trimmed(text), as: UTF8.self), to)
        }
        return SQLError(.data, "\(reader.noun) value '\(shown)' is not recognized")
    }

    /// BINARY from hexadecimal digits.
    func readBinary(_ vector: Vector) throws -> Vector {
        guard vector.type == .varchar, let dictionary = vector.dictionary else { throw impossible(vector) }
        return try mapText(vector, isJSON: false) { code, builder in
            guard let bytes = TextParsing.hexadecimal(dictionary[code]) else { return .failed }
            builder.append(bytes)
            return .value
        } failure: { code in
            SQLError(
                .data, "The following string is not a legal hex-encoded value: '\(dictionary.string(code))'")
        }
    }
}

/// JSON values by their text.
enum VariantText {
    enum Kind { case null, yes, no, number, string, object, array }

    /// What a value is, by its first byte.
    static func kind(_ text: TextParsing.Bytes) -> Kind {
        switch text.first(where: { !TextParsing.isSpace($0) }) {
        case 0x22: .string
        case 0x7B: .object
        case 0x5B: .array
        case 0x74: .yes
        case 0x66: .no
        case 0x6E, nil: .null
        default: .number
        }
    }

    /// The characters of a JSON string, or the text of a value that `TypedText` tells.
    static func withString<Result>(_ text: TextParsing.Bytes, _ body: (TextParsing.Bytes) -> Result) -> Result
    {
        let quoted = TextParsing.trimmed(text)
        let inner = TextParsing.Bytes(rebasing: quoted.dropFirst().dropLast())
        guard inner.contains(0x5C) else { return body(TypedText.characters(inner)) }
        return unescaped(inner).withUnsafeBufferPointer(body)
    }

    private static func unescaped(_ text: TextParsing.Bytes) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var place = 0
        while place < text.count {
            let byte = text[place]
            place += 1
            guard byte == 0x5C, place < text.count else {
                result.append(byte)
                continue
            }
            let escape = text[place]
            place += 1
            switch escape {
            case 0x6E: result.append(0x0A)
            case 0x72: result.append(0x0D)
            case 0x74: result.append(0x09)
            case 0x62: result.append(0x08)
            case 0x66: result.append(0x0C)
            case 0x75: appendUnicode(text, &place, &result)
            default: result.append(escape)
            }
        }
        return result
    }

    /// The four digits behind `\u`, and those of a second half.
    private static func appendUnicode(_ text: TextParsing.Bytes, _ place: inout Int, _ result: inout [UInt8])
    {
        var scalar = unit(text, place) ?? 0xFFFD
        place = min(place + 4, text.count)
        if 0xD800...0xDBFF ~= scalar, place + 6 <= text.count, text[place] == 0x5C, text[place + 1] == 0x75,
            let low = unit(text, place + 2), 0xDC00...0xDFFF ~= low
        {
            scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
            place += 6
        }
        result += Array(String(Character(Unicode.Scalar(scalar) ?? "\u{FFFD}")).utf8)
    }

    private static func unit(_ text: TextParsing.Bytes, _ place: Int) -> UInt32? {
        guard place + 4 <= text.count else { return nil }
        var value: UInt32 = 0
        for index in place..<place + 4 {
            guard let nibble = TextParsing.nibble(text[index]) else { return nil }
            value = value << 4 | UInt32(nibble)
        }
        return value
    }
}
