package import JSON
package import Vectors

/// Shreds VARIANT vectors, for INSERT … SELECT.
package enum VariantShredder {
    /// Takes the rows of a VARIANT apart.
    ///
    /// - Parameter jsonText: a VARIANT in any form; typed forms are turned into JSON text first.
    /// - Throws: `JSONError` where a row is no JSON.
    package static func shred(jsonText: Vector) throws(JSONError) -> ShreddedVariant {
        let text = jsonText.asJSONText()
        let builder = VariantBuilder(capacity: max(1, text.count))
        let tape = JSONTape()
        for row in 0..<text.count where text.isValid(row) {
            try tape.parse(text.bytes(row))
            _ = builder.store(tape, row: row)
        }
        return builder.finish(rows: text.count)
    }
}
