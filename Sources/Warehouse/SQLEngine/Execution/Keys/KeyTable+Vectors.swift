package import Vectors

extension KeyTable {
    /// The distinct keys in the order of their groups.
    package func keyVectors() -> [Vector] {
        types.indices.map { column in
            if let original = original(column) { return original }
            let first = reader.firstField(of: column)
            guard count > 0, first < layout.fields.count else {
                return Vector.nulls(types[column], count: count)
            }
            return keyVector(column, first)
        }
    }

    private func keyVector(_ column: Int, _ first: Int) -> Vector {
        let type = types[column]
        let field = layout.fields[first]
        let low = KeyFieldValues(count: count, hasNulls: false)
        let layoutOfValues: Layout = reader.isWide[column] ? .int128 : type.layout
        if layoutOfValues == .string, reader.strings[column]?.count ?? 0 == 0 {
            return Vector.nulls(type, count: count)
        }
        let result = Vector.allocate(
            type, layout: layoutOfValues, count: count, hasValidity: field.hasNulls,
            dictionary: reader.strings[column]?.dictionary())
        layout.unpack(field, keyWords, count: count, into: low.values, validity: result.validity)
        if let validity = result.validity {
            // The value of a NULL must be one that its layout can have.
            for row in 0..<count where validity[row] == 0 { low.values[row] = 0 }
        }
        switch layoutOfValues {
        case .bool: for row in 0..<count { result.bools[row] = UInt8(truncatingIfNeeded: low.values[row]) }
        case .int64, .double: result.int64s.update(from: low.values, count: count)
        case .string: for row in 0..<count { result.codes[row] = UInt32(truncatingIfNeeded: low.values[row]) }
        case .int128:
            let high = KeyFieldValues(count: count, hasNulls: false)
            layout.unpack(layout.fields[first + 1], keyWords, count: count, into: high.values, validity: nil)
            for row in 0..<count {
                let lowBits = UInt64(bitPattern: low.values[row])
                result.int128s[row] = Int128(high.values[row]) << 64 | Int128(lowBits)
            }
        }
        return result
    }
}
