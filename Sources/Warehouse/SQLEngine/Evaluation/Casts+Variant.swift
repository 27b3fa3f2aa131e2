import JSON
import Vectors

/// To and from VARIANT, OBJECT and ARRAY.
extension Conversion {
    /// NUMBER, booleans and text keep their form; the others become text that tells their type.
    func toVariant(_ vector: Vector) throws -> Vector {
        switch vector.type {
        case .number, .boolean: return vector.with(type: .variant, scale: vector.scale)
        case .varchar: return vector.with(type: .variant, isJSON: false)
        case .object, .array: return vector.with(type: .variant)
        case .float: return floats(vector, mark: .double)
        case .binary: return hexadecimal(vector, mark: .binary)
        case .date: return times(vector, mark: .date)
        case .time: return times(vector, mark: .time)
        case .timestampNTZ: return times(vector, mark: .timestampNTZ)
        case .timestampLTZ: return times(vector, mark: .timestampLTZ)
        case .timestampTZ: return times(vector, mark: .timestampTZ)
        case .null, .variant: throw impossible(vector)
        }
    }

    /// A VARIANT in a typed form is what that type is; JSON text is read value by value.
    func fromVariant(_ given: Vector) throws -> Vector {
        if to == .object || to == .array { return try toContainer(given) }
        // Strings that tell of other types are looked at one by one.
        let vector =
            given.layout == .string && given.dictionary?.mayHaveTypedText ?? false
            ? given.asJSONText() : given
        if vector.layout == .string, vector.isJSON {
            switch to {
            case .boolean: return try read(vector, Readers.boolean)
            case .float: return try read(vector, Readers.float)
            case .number(let precision, let scale):
                return precision <= 18
                    ? try read(vector, Readers.shortNumber(precision: precision, scale: scale))
                    : try read(vector, Readers.longNumber(precision: precision, scale: scale)).narrowed()
            case .varchar: return try textFromJSON(vector)
            case .binary: return try readBinary(textFromJSON(vector))
            default: return try readTime(vector)
            }
        }
        let typed = vector.withoutJSONNulls().with(type: typedForm(vector), isJSON: false)
        if typed.type == to { return typed }
        if to == .varchar, vector.layout == .int64 || vector.layout == .int128 {
            return decimals(typed, trimmed: true)
        }
        if to == .varchar, vector.layout == .double {
            // The digits of JSON's numbers, not those that a FLOAT is shown with.
            return write(typed) {
                TextWriting.jsonNumber(Double(bitPattern: UInt64(bitPattern: $0)), into: $1)
            }
        }
        if to == .float, vector.layout == .int64 { return typed.with(type: .float) }
        guard
            TypeRules.canCast(typed.type, to, isTry: isTry)
                || (typed.type == .float && (to.isTimestamp || to == .date))
        else {
            return try failingAll(typed)
        }
        return try convert(typed)
    }

    private func typedForm(_ vector: Vector) -> SQLType {
        switch vector.layout {
        case .bool: .boolean
        case .double: .float
        case .int64, .int128: .number(precision: 38, scale: vector.scale)
        case .string: .varchar
        }
    }

    /// What no value of a kind can become: NULL alone, or failure.
    private func failingAll(_ vector: Vector) throws -> Vector {
        if !isTry, let row = (0..<vector.count).first(where: vector.isValid) {
            throw SQLError(.data, "Failed to cast variant value \(vector.scalar(at: row)) to \(to)")
        }
        return Vector.nulls(to, count: vector.count)
    }

    /// JSON strings become their characters, JSON null becomes NULL, others their text.
    private func textFromJSON(_ vector: Vector) throws -> Vector {
        guard let dictionary = vector.dictionary else { throw impossible(vector) }
        let conversion = Conversion(to: .varchar, isTry: isTry, context: context)
        return try conversion.mapText(vector, isJSON: false) { code, builder in
            let text = dictionary[code]
            switch VariantText.kind(text) {
            case .null: return .null
            case .string: VariantText.withString(text) { builder.append($0) }
            case .object where dictionary.mayHaveTypedText, .array where dictionary.mayHaveTypedText:
                var writer = JSONWriter(capacity: text.count)
                TypedText.appendPlain(text, to: &writer)
                builder.append(writer.bytes)
            default: builder.append(text)
            }
            return .value
        } failure: { _ in
            impossible(vector)
        }
    }

    /// To OBJECT, which only an object is; to ARRAY, where anything else becomes the one element of one.
    func toContainer(_ vector: Vector) throws -> Vector {
        guard vector.type.isSemiStructured else { throw impossible(vector) }
        let source = vector.asJSONText()
        guard let dictionary = source.dictionary else { throw impossible(vector) }
        let wanted: VariantText.Kind = to == .object ? .object : .array
        if (0..<source.count).allSatisfy({
            !source.isValid($0) || VariantText.kind(source.bytes($0)) == wanted
        }) {
            return source.with(type: to)
        }
        return try mapText(source, isJSON: true) { code, builder in
            let text = dictionary[code]
            let kind = VariantText.kind(text)
            if kind == .null { return .null }
            if kind != wanted, to == .object { return .failed }
            if kind == wanted {
                builder.append(text)
            } else {
                let target = builder.reserve(text.count + 2)
                target[0] = 0x5B
                for index in 0..<text.count { target[index + 1] = text[index] }
                target[text.count + 1] = 0x5D
                builder.commit(text.count + 2)
            }
            return .value
        } failure: { code in
            let text = String(decoding: dictionary[code].prefix(200), as: UTF8.self)
            return SQLError(.data, "Failed to cast variant value \(text) to \(to)")
        }
    }
}
