package import JSON
package import Vectors

/// Values inside of VARIANTs.
package enum VariantPath {
    /// The steps of a path in a statement; `nil` if one of them is computed.
    package static func steps(_ path: [Expression.PathStep]) -> [PathStep]? {
        var result: [PathStep] = []
        for step in path {
            switch step {
            case .key(let key): result.append(.key(key))
            case .index(let index): result.append(.index(index))
            case .computed: return nil
            }
        }
        return result
    }

    /// The value at the end of a path in each row of a VARIANT, OBJECT or ARRAY: a VARIANT, NULL where there
    /// is none. The texts must have no key of an object twice, as canonical ones.
    package static func extract(_ vector: Vector, _ path: [PathStep]) throws -> Vector {
        if path.isEmpty { return vector.with(type: .variant, scale: vector.scale) }
        // The other forms hold no objects or arrays.
        guard vector.layout == .string, vector.isJSON else {
            return Vector.nulls(.variant, count: vector.count)
        }
        let path = JSONPath(path)
        return try RowCalls.text([vector], count: vector.count, .variant) { row, output in
            let text = vector.bytes(row)
            guard let range = path.find(in: text, keysAreUnique: true) else { return false }
            return try output.append(UTF8Bytes.slice(text, range.lowerBound, range.upperBound))
        }
    }

    /// Reads a path as GET_PATH and FLATTEN take it: `a.b[0]."c d"['e']`.
    package static func parse(_ text: String) throws(SQLError) -> [PathStep] {
        var steps: [PathStep] = []
        let bytes = Array(text.utf8)
        var place = 0
        while place < bytes.count {
            let byte = bytes[place]
            if byte == UInt8(ascii: "[") {
                steps.append(try parseBrackets(bytes, &place, text))
                continue
            }
            if byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":") {
                guard place > 0 || byte == UInt8(ascii: ":") else { throw error(text) }
                place += 1
            } else if place > 0 {
                throw error(text)
            }
            guard place < bytes.count else { throw error(text) }
            if bytes[place] == UInt8(ascii: "\"") {
                steps.append(.key(try parseQuoted(bytes, &place, UInt8(ascii: "\""), text)))
                continue
            }
            let start = place
            while place < bytes.count, !".[:\"'] ".utf8.contains(bytes[place]) { place += 1 }
            if place == start { throw error(text) }
            steps.append(.key(String(decoding: bytes[start..<place], as: UTF8.self)))
        }
        return steps
    }

    private static func error(_ text: String) -> SQLError {
        SQLError(.data, "'\(text)' is no path: write it as a.b[0].\"c d\"['e']")
    }

    private static func parseBrackets(
        _ bytes: [UInt8], _ place: inout Int, _ text: String
    ) throws(SQLError) -> PathStep {
        place += 1
        guard place < bytes.count else { throw error(text) }
        let step: PathStep
        if bytes[place] == UInt8(ascii: "'") || bytes[place] == UInt8(ascii: "\"") {
            step = .key(try parseQuoted(bytes, &place, bytes[place], text))
        } else {
            let start = place
            while place < bytes.count, bytes[place] &- 0x30 < 10 { place += 1 }
            guard let index = Int(String(decoding: bytes[start..<place], as: UTF8.self)) else {
                throw error(text)
            }
            step = .index(index)
        }
        guard place < bytes.count, bytes[place] == UInt8(ascii: "]") else { throw error(text) }
        place += 1
        return step
    }

    /// Two quotes stand for one.
    private static func parseQuoted(
        _ bytes: [UInt8], _ place: inout Int, _ quote: UInt8, _ text: String
    ) throws(SQLError) -> String {
        var key: [UInt8] = []
        place += 1
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            if byte == quote {
                guard place < bytes.count, bytes[place] == quote else {
                    return String(decoding: key, as: UTF8.self)
                }
                place += 1
            }
            key.append(byte)
        }
        throw error(text)
    }
}

/// What the values of VARIANTs are.
struct VariantKinds {
    private let vector: Vector

    /// Of a VARIANT, OBJECT or ARRAY in any form.
    init(_ vector: Vector) { self.vector = vector }

    /// The vector in a form of which equal codes are equal values. Only for the string layout, others stay as
    /// they are.
    static func uniform(_ vector: Vector) -> Vector {
        vector.layout == .string ? vector.asJSONText() : vector
    }

    /// What the value of a row is that is not NULL.
    func kind(_ row: Int) -> JSONKind {
        if let validity = vector.validity, validity[row] == Vector.jsonNull { return .null }
        switch vector.layout {
        case .bool: return .boolean
        case .double: return vector.doubles[row].isFinite ? JSONNumber(vector.doubles[row]).kind : .double
        case .int64: return isWhole(Int128(vector.int64s[row])) ? .integer : .decimal
        case .int128: return isWhole(vector.int128s[row]) ? .integer : .decimal
        case .string:
            // What is no JSON is a double that JSON has no text for.
            let text = vector.bytes(row)
            return vector.isJSON ? JSONPath.kind(of: text) ?? .double : TypedText.kind(of: text) ?? .string
        }
    }

    private func isWhole(_ value: Int128) -> Bool {
        vector.scale == 0 || value % DecimalMath.powers[vector.scale] == 0
    }
}

extension Vector {
    /// A VARIANT, OBJECT or ARRAY in any form as JSON text of which no row is marked as JSON null.
    func plainJSON() -> Vector {
        let text = asJSONText()
        guard let validity = text.validity else { return text }
        var any: UInt8 = 0
        for row in 0..<count { any |= validity[row] }
        guard any & Self.jsonNull != 0 else { return text }
        let memory = VectorMemory(byteCount: count)
        let target = memory.pointer.bindMemory(to: UInt8.self, capacity: max(1, count))
        for row in 0..<count { target[row] = validity[row] == 0 ? 0 : 1 }
        return text.with(validity: .some(target), alsoKeeping: memory)
    }
}
