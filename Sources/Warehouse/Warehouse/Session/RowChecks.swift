import SQLEngine
import Vectors

/// What the columns of a table demand of values beyond their type.
enum RowChecks {
    /// Checks NOT NULL and the lengths of VARCHAR(n) and BINARY(n).
    static func check(_ vectors: [Vector], _ columns: [CatalogColumn]) throws {
        for (vector, column) in zip(vectors, columns) {
            if !column.isNullable, let validity = vector.validity,
                (0..<vector.count).contains(where: { validity[$0] == 0 })
            {
                throw SQLError(.data, "NULL result in a non-nullable column: \(column.name)")
            }
            if let limit = column.valueLengthMax { try checkLength(vector, limit, column.name) }
        }
    }

    private static func checkLength(_ vector: Vector, _ limit: Int, _ name: String) throws {
        // No string is longer than all of them together.
        guard vector.layout == .string, vector.dictionary?.byteCount ?? 0 > limit else { return }
        for row in 0..<vector.count where vector.isValid(row) {
            let bytes = vector.bytes(row)
            // No character has less than a byte, so most need not be counted.
            guard bytes.count > limit else { continue }
            let length =
                vector.type == .binary ? bytes.count : bytes.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
            if length > limit {
                let unit = vector.type == .binary ? "bytes" : "characters"
                throw SQLError(
                    .data,
                    "\(shown(bytes, vector.type)) is too long for column \(name), which holds \(limit) \(unit)"
                )
            }
        }
    }

    /// The beginning of a value, as it is written in SQL.
    private static func shown(_ bytes: UnsafeBufferPointer<UInt8>, _ type: SQLType) -> String {
        let rest = bytes.count > 40 ? "…" : ""
        guard type == .binary else { return "'\(String(decoding: bytes.prefix(40), as: UTF8.self))\(rest)'" }
        return "X'\(Scalar.bytes(Array(bytes.prefix(40))).description)\(rest)'"
    }
}
