import JSON
import SQLEngine
import Vectors

/// The numbers of AUTOINCREMENT columns.
struct Numbering {
    private(set) var columns: [CatalogColumn]
    private(set) var hasMoved = false

    init(_ columns: [CatalogColumn]) { self.columns = columns }

    /// Checks that only columns of whole numbers number themselves.
    static func check(_ columns: [CatalogColumn], _ position: Int) throws(SQLError) {
        for column in columns where column.identity != nil {
            guard column.type.isNumber, column.type.scale == 0 else {
                throw SQLError(
                    .invalid,
                    "column \(column.name) is \(column.type), and AUTOINCREMENT needs a whole number, NUMBER(p,0)",
                    position: position)
            }
        }
    }

    /// The columns of a batch, numbers put where a numbered column has NULL.
    mutating func filled(_ batch: Batch) throws(SQLError) -> [Vector] {
        var vectors = batch.columns
        for (place, column) in columns.enumerated() {
            guard var identity = column.identity else { continue }
            let old = vectors[place]
            let missing = (0..<batch.count).filter { !old.isValid($0) }
            guard !missing.isEmpty else { continue }
            // What is given may be wider than 64 bits.
            let new = Vector.allocate(column.type, layout: old.layout, count: batch.count)
            new.raw.copyMemory(from: old.raw, byteCount: batch.count * old.layout.stride)
            for row in missing {
                let (next, overflows) = identity.next.addingReportingOverflow(identity.step)
                guard !overflows, column.type.holds(identity.next) else {
                    throw Self.exhausted(column, identity.next)
                }
                if new.layout == .int128 {
                    new.int128s[row] = Int128(identity.next)
                } else {
                    new.int64s[row] = identity.next
                }
                identity.next = next
            }
            hasMoved = true
            columns[place].identity = identity
            vectors[place] = new
        }
        return vectors
    }

    private static func exhausted(_ column: CatalogColumn, _ next: Int64) -> SQLError {
        SQLError(
            .data,
            "column \(column.name) has no numbers left: \(next) is beyond what \(column.type) AUTOINCREMENT can have; "
                + "give the column's values in the statement")
    }
}

extension SQLType {
    /// Whether a NUMBER of no scale has room for a number.
    fileprivate func holds(_ number: Int64) -> Bool {
        if case .number(let precision, _) = self {
            number.magnitude < integerPower(precision).magnitude
        } else {
            false
        }
    }
}
