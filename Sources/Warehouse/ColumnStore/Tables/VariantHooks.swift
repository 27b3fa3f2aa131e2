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

/// What the storage must be able to do with JSON, supplied by the code that knows it.
package struct VariantHooks: Sendable {
    /// Takes a VARIANT vector of JSON text apart.
    package var shred: @Sendable (_ values: Vector) throws -> ShreddedColumn
    /// Puts parts and residue together: a VARIANT vector of JSON text, NULL where neither has anything.
    package var assemble: @Sendable (_ column: ShreddedColumn, _ count: Int) throws -> Vector
    /// The values at a path inside JSON text: a VARIANT vector, NULL where there is nothing.
    package var lookup: @Sendable (_ residue: Vector, _ path: [String]) throws -> Vector

    package init(
        shred: @escaping @Sendable (_ values: Vector) throws -> ShreddedColumn,
        assemble: @escaping @Sendable (_ column: ShreddedColumn, _ count: Int) throws -> Vector,
        lookup: @escaping @Sendable (_ residue: Vector, _ path: [String]) throws -> Vector
    ) {
        self.shred = shred
        self.assemble = assemble
        self.lookup = lookup
    }
}

/// The values of one column for a row group.
package enum ColumnValues: Sendable {
    /// Values of any type; those of a VARIANT are yet to be taken apart.
    case plain(Vector)
    /// A VARIANT that is taken apart already.
    case shredded(ShreddedColumn)
}
