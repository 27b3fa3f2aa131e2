import JSON

extension Vector {
    /// `count` NULLs.
    package static func nulls(_ type: SQLType, count: Int) -> Vector {
        let layout = type.layout
        let vector = allocate(
            type, count: count, hasValidity: true, dictionary: layout == .string ? oneEmptyString : nil)
        vector.raw.initializeMemory(as: UInt8.self, repeating: 0, count: count * layout.stride)
        vector.validity?.initialize(repeating: 0, count: count)
        return vector.with(isConstant: true)
    }

    private static let oneEmptyString = StringDictionary([""])

    /// One value, `count` times.
    package static func constant(_ value: Scalar, _ type: SQLType, count: Int) -> Vector {
        let vector: Vector
        switch value {
        case .null: return nulls(type, count: count)
        case .boolean(let value):
            vector = allocate(type, layout: .bool, count: count)
            vector.bools.initialize(repeating: value ? 1 : 0, count: count)
        case .number(let value, let scale):
            if let small = Int64(exactly: value) {
                vector = allocate(type, layout: .int64, scale: scale, count: count)
                vector.int64s.initialize(repeating: small, count: count)
            } else {
                vector = allocate(type, layout: .int128, scale: scale, count: count)
                vector.int128s.initialize(repeating: value, count: count)
            }
        case .float(let value):
            vector = allocate(type, layout: .double, count: count)
            vector.doubles.initialize(repeating: value, count: count)
        case .text(let text):
            vector = allocate(
                type, layout: .string, count: count, dictionary: StringDictionary([text]),
                isJSON: type.isSemiStructured ? false : nil)
            vector.codes.initialize(repeating: 0, count: count)
        case .bytes(let bytes):
            let builder = StringDictionaryBuilder()
            builder.append(bytes)
            vector = allocate(type, layout: .string, count: count, dictionary: builder.finish(isUnique: true))
            vector.codes.initialize(repeating: 0, count: count)
        case .json(let text):
            vector = allocate(
                type, layout: .string, count: count, dictionary: StringDictionary([text]), isJSON: true)
            vector.codes.initialize(repeating: 0, count: count)
        case .temporal(let value, _):
            vector = allocate(type, layout: .int64, count: count)
            vector.int64s.initialize(repeating: value, count: count)
        }
        return vector.with(isConstant: true)
    }

    /// One row. Text in a VARIANT that is not JSON text, and the other forms, come as `json`.
    package func scalar(at row: Int) -> Scalar {
        guard isValid(row) else { return .null }
        if type.isSemiStructured { return .json(variantText(at: row)) }
        switch layout {
        case .bool: return type == .null ? .null : .boolean(bools[row] != 0)
        case .double: return .float(doubles[row])
        case .string:
            return type == .binary
                ? .bytes(Array(bytes(row))) : .text(String(decoding: bytes(row), as: UTF8.self))
        case .int128:
            return type == .float
                ? .float(Double(nearest: int128s[row]) / decimalPower(scale))
                : .number(int128s[row], scale: scale)
        case .int64:
            switch type {
            case .number: return .number(Int128(int64s[row]), scale: scale)
            case .float: return .float(Double(int64s[row]) / decimalPower(scale))
            default: return .temporal(int64s[row], type)
            }
        }
    }

    /// The JSON text of a row of a VARIANT in whatever form, with the marks of `TypedText`.
    package func variantText(at row: Int) -> String {
        if let validity, validity[row] == Self.jsonNull { return "null" }
        switch layout {
        case .bool: return bools[row] != 0 ? "true" : "false"
        case .double: return JSONText.canonical(doubles[row])
        case .int64: return DecimalText.text(Int128(int64s[row]), scale: scale, trimmed: true)
        case .int128: return DecimalText.text(int128s[row], scale: scale, trimmed: true)
        case .string:
            let bytes = bytes(row)
            return isJSON ? String(decoding: bytes, as: UTF8.self) : JSONText.quoted(bytes)
        }
    }

    /// Rows `start ..< start + count`, without copying.
    package func slice(from start: Int, count: Int) -> Vector {
        if start == 0, count == self.count { return self }
        return Vector(
            type: type, layout: layout, scale: scale, count: count, raw: raw + start * layout.stride,
            validity: validity.map { $0 + start }, dictionary: dictionary, isJSON: isJSON,
            isConstant: isConstant,
            owner: self)
    }

    /// The rows that `rows` names, in that order.
    ///
    /// - Parameter rising: whether they rise, as those that a filter leaves: of these, runs are copied at once.
    package func gather(_ rows: UnsafePointer<UInt32>, count: Int, rising: Bool = false) -> Vector {
        if isConstant, self.count > 0, count <= self.count { return slice(from: 0, count: count) }
        let result = Vector.allocate(
            type, layout: layout, scale: scale, count: count, hasValidity: validity != nil,
            dictionary: dictionary,
            isJSON: isJSON)
        switch layout {
        case .bool: Self.copy(bools, rows, count, rising, to: result.bools)
        case .string: Self.copy(codes, rows, count, rising, to: result.codes)
        case .int64, .double: Self.copy(int64s, rows, count, rising, to: result.int64s)
        case .int128: Self.copy(int128s, rows, count, rising, to: result.int128s)
        }
        if let validity, let target = result.validity { Self.copy(validity, rows, count, rising, to: target) }
        return result
    }

    @inline(__always)
    private static func copy<Value>(
        _ source: UnsafePointer<Value>, _ rows: UnsafePointer<UInt32>, _ count: Int, _ rising: Bool,
        to target: UnsafeMutablePointer<Value>
    ) {
        let run = 16
        var row = 0
        while rising, row + run <= count {
            // Rows that rise by one each.
            if rows[row &+ run &- 1] &- rows[row] == UInt32(run &- 1) {
                (target + row).update(from: source + Int(rows[row]), count: run)
            } else {
                for next in row..<(row &+ run) { target[next] = source[Int(rows[next])] }
            }
            row &+= run
        }
        while row < count {
            target[row] = source[Int(rows[row])]
            row &+= 1
        }
    }

    /// The same values as doubles, where FLOAT is held as decimals; otherwise the vector itself.
    package func asDoubles() -> Vector {
        guard type == .float || type.isNumber || type == .variant, layout == .int64 || layout == .int128
        else { return self }
        let result = Vector.allocate(.float, layout: .double, scale: 0, count: count)
        let power = decimalPower(scale)
        if layout == .int64 {
            for row in 0..<count { result.doubles[row] = Double(int64s[row]) / power }
        } else {
            for row in 0..<count { result.doubles[row] = Double(nearest: int128s[row]) / power }
        }
        return result.with(validity: .some(validity), isConstant: isConstant, alsoKeeping: self)
    }

    /// The same values with 128 bits each; of an `int64` layout.
    package func widened() -> Vector {
        guard layout == .int64 else { return self }
        let result = Vector.allocate(type, layout: .int128, scale: scale, count: count)
        for row in 0..<count { result.int128s[row] = Int128(int64s[row]) }
        return result.with(validity: .some(validity), isConstant: isConstant, alsoKeeping: self)
    }
}
