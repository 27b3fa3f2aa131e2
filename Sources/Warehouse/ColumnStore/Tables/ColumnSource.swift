internal import Vectors

/// Where the values of a requested column, or of a path in a VARIANT column, are in one row group.
enum ColumnSource: Sendable {
    /// All rows are NULL.
    case nothing
    /// All rows have the column's default.
    case defaultValue
    /// One segment has them all.
    case segment(SegmentKey, SegmentEntry)
    /// They are put together.
    case composed(Composition)

    /// What values at a path of a VARIANT can be made of. No row has more than one of them.
    struct Composition: Sendable {
        /// The sub-column of the path.
        var exact: (SegmentKey, SegmentEntry)?
        /// A sub-column of JSON text that the path leads into, and the rest of the path.
        var above: (SegmentKey, SegmentEntry, rest: [String])?
        /// Sub-columns of members of the value, by their path inside it.
        var below: [(SegmentKey, SegmentEntry, path: [String])] = []
        /// What is left of the VARIANT, where the path may be in it.
        var residue: (SegmentKey, SegmentEntry)?
    }

    init(_ snapshot: TableSnapshot, _ group: RowGroup, _ column: ColumnInfo, path: [String]) {
        guard column.type.isSemiStructured else {
            let key = SegmentKey(column: column.id, path: 0)
            self =
                group.segments[key].map { .segment(key, $0) }
                ?? (column.defaultValue == nil ? .nothing : .defaultValue)
            return
        }
        let entries = snapshot.entries(group, column.id)
        guard !entries.isEmpty else {
            self = column.defaultValue == nil ? .nothing : .defaultValue
            return
        }
        var composition = Composition()
        for (key, entry) in entries where entry.zone.nulls < entry.zone.rows {
            if key.path == 0 {
                let mayHold =
                    path.first.flatMap { first in entry.residueKeys.map { $0.contains(first) } } ?? true
                if mayHold { composition.residue = (key, entry) }
                continue
            }
            guard let keys = snapshot.paths[key] else { continue }
            if keys == path {
                composition.exact = (key, entry)
            } else if keys.starts(with: path) {
                composition.below.append((key, entry, Array(keys[path.count...])))
            } else if path.starts(with: keys), entry.zone.isJSON {
                composition.above = (key, entry, Array(path[keys.count...]))
            }
        }
        self = composition.simplified(isWhole: path.isEmpty)
    }

    /// The zone map, where one segment has all values.
    var zone: ZoneMap? { if case .segment(_, let entry) = self { entry.zone } else { nil } }
}

extension ColumnSource.Composition {
    fileprivate func simplified(isWhole: Bool) -> ColumnSource {
        switch (exact, above, below.isEmpty, residue) {
        case (nil, nil, true, nil): .nothing
        case (let exact?, nil, true, nil): .segment(exact.0, exact.1)
        case (nil, nil, true, let residue?) where isWhole: .segment(residue.0, residue.1)
        default: .composed(self)
        }
    }
}
