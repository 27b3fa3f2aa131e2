import Vectors

/// The lengths that VARCHAR(n) and BINARY(n) allow.
enum TextLengths {
    /// The same values, if none is longer than allowed.
    ///
    /// - Parameter isTry: whether those that are longer become NULL instead of an error.
    static func limited(_ values: Vector, to limit: Int, isTry: Bool) throws -> Vector {
        let long = (0..<values.count).filter { values.isValid($0) && isLong(values, $0, limit) }
        guard let first = long.first else { return values }
        guard isTry else {
            let text = String(decoding: values.bytes(first).prefix(40), as: UTF8.self)
            throw SQLError(
                .data,
                "String '\(text)' is too long and would be truncated: \(values.type)(\(limit)) holds \(limit); write LEFT(…, \(limit)) to cut it"
            )
        }
        let memory = VectorMemory(byteCount: values.count)
        let validity = memory.pointer.bindMemory(to: UInt8.self, capacity: values.count)
        for row in 0..<values.count { validity[row] = values.isValid(row) ? 1 : 0 }
        for row in long { validity[row] = 0 }
        return values.with(validity: .some(validity), alsoKeeping: memory)
    }

    private static func isLong(_ values: Vector, _ row: Int, _ limit: Int) -> Bool {
        let bytes = values.bytes(row)
        // No character has less than a byte, so most need not be counted.
        guard bytes.count > limit else { return false }
        return values.type == .binary || UTF8Bytes.characterCount(bytes) > limit
    }
}
