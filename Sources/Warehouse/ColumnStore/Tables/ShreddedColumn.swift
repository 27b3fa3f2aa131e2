package import Vectors

/// A VARIANT column taken apart: a vector for each path that has a column of its own, and what is left as
/// JSON text.
package struct ShreddedColumn: Sendable {
    /// Sub-columns: VARIANT vectors in typed form (integers with a scale, doubles, truth values, strings) or
    /// of JSON text, with validity 0 where there is nothing at the path, 2 for JSON null.
    package var parts: [(path: [String], vector: Vector)]
    /// What is left, as JSON text; NULL rows (of which no part has a value) are SQL NULL.
    package var residue: Vector?
    /// The outermost keys that occur in the residue's objects; `nil` where they are not known.
    package var residueKeys: [String]?

    package init(parts: [(path: [String], vector: Vector)], residue: Vector?, residueKeys: [String]? = nil) {
        self.parts = parts
        self.residue = residue
        self.residueKeys = residueKeys
    }
}

extension ShreddedColumn {
    /// A shredded VARIANT with what must be known of its residue.
    package init(_ variant: ShreddedVariant) {
        self.init(
            parts: variant.columns.map { ($0.path, $0.vector) }, residue: variant.residue,
            residueKeys: variant.residue.map { ResidueLookup.topLevelKeys(of: $0).keys })
    }

    /// Parts and residue put together: a VARIANT vector of JSON text, NULL where neither has anything.
    package func assembled(count: Int) throws -> Vector {
        let columns = parts.map { ShreddedVariant.Column(path: $0.path, vector: $0.vector) }
        return try VariantAssembler(ShreddedVariant(columns: columns, residue: residue, count: count))
            .assemble()
    }
}

/// The values of one column for a row group.
package enum ColumnValues: Sendable {
    /// Values of any type; those of a VARIANT are yet to be taken apart.
    case plain(Vector)
    /// A VARIANT that is taken apart already.
    case shredded(ShreddedColumn)
}
