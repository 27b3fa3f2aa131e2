package import Vectors

/// A VARIANT column of some rows, taken apart into a typed column for each path that most rows have, and a
/// residue.
///
/// Invariants: no path is there twice, and none is the beginning of another. A row is SQL NULL where no
/// column has a value and the residue is NULL. A value stands in one place only: where a column's validity is
/// not 0 the residue does not have that path. Objects without members, arrays, objects below the fourth level
/// and values that are no objects are in the residue, as is whatever does not suit the type that most values
/// of its path have. Keys have no order of their own: rows are printed with the keys of each object in the
/// order of their bytes.
package struct ShreddedVariant: Sendable {
    /// The values of one path.
    package struct Column: Sendable {
        /// The keys that lead to it, one to `ShreddedVariant.depthMax`.
        package let path: [String]
        /// A typed VARIANT: decimals (`int64` with a scale), `double`, `bool`, or strings that are not JSON
        /// text. Validity 0: not here (missing, or in the residue); 1: a value; 2: JSON null. No validity: a
        /// value in every row.
        package let vector: Vector

        package init(path: [String], vector: Vector) {
            self.path = path
            self.vector = vector
        }
    }

    /// The columns, in the order of their paths' bytes.
    package var columns: [Column]
    /// JSON text of what no column holds: an object with only those members, or the whole value where it is
    /// no object. NULL where nothing is left. `nil`: NULL everywhere.
    package var residue: Vector?
    /// How many rows there are.
    package var count: Int

    package init(columns: [Column], residue: Vector?, count: Int) {
        self.columns = columns
        self.residue = residue
        self.count = count
    }

    /// The most rows that are shredded together.
    package static let rowsMax = 131_072
    /// The most keys of a path.
    package static let depthMax = 4
    /// The most columns.
    package static let columnsMax = 128

    /// Rows `start ..< start + count`, without copying.
    package func slice(from start: Int, count: Int) -> ShreddedVariant {
        ShreddedVariant(
            columns: columns.map {
                Column(path: $0.path, vector: $0.vector.slice(from: start, count: count))
            },
            residue: residue?.slice(from: start, count: count), count: count)
    }
}
