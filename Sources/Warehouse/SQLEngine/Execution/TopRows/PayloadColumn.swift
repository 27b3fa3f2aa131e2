import Vectors

/// A value a group, taken from rows and replaced by those of better rows. One thread.
final class PayloadColumn {
    private let type: SQLType
    private var form: Vector?
    private var values = GroupArray<Int64>(0)
    private var validities = GroupArray<UInt8>(0)
    private let interner = StringInterner()
    /// Values of a form that does not fit the array: all of them from then on.
    private var wide: VectorRows?
    private var places: [Int] = []

    init(_ type: SQLType) { self.type = type }

    func grow(to groups: Int) {
        values.grow(to: groups)
        validities.grow(to: groups)
        if wide != nil, places.count < groups { places += [Int](repeating: -1, count: groups - places.count) }
    }

    /// Takes row `rows[i]` of a vector for group `groups[i]`.
    func set(_ groups: [Int], from vector: Vector, rows: [UInt32]) {
        if form == nil { form = vector.slice(from: 0, count: 0) }
        guard wide == nil, vector.layout != .int128, let form, form.layout == vector.layout,
            form.scale == vector.scale, form.isJSON == vector.isJSON
        else { return setWide(groups, from: vector, rows: rows) }
        for (group, row) in zip(groups, rows) {
            let row = Int(row)
            let validity = vector.validity.map { $0[row] } ?? 1
            validities[group] = validity
            if validity == 0 { continue }
            switch vector.layout {
            case .bool: values[group] = Int64(vector.bools[row])
            case .string: values[group] = Int64(interner.code(of: vector.bytes(row)))
            default: values[group] = vector.int64s[row]
            }
        }
    }

    private func setWide(_ groups: [Int], from vector: Vector, rows: [UInt32]) {
        if wide == nil {
            var kept = VectorRows(type)
            let known = finish(values.count)
            places = (0..<values.count).map { kept.append(known, row: $0, replacing: nil) }
            wide = kept
        }
        for (group, row) in zip(groups, rows) {
            let place = places[group]
            places[group] = wide?.append(vector, row: Int(row), replacing: place < 0 ? nil : place) ?? -1
        }
    }

    /// A group's value as a whole number, where its type is held in one.
    func exactValue(_ group: Int) -> Int128? {
        if let wide { return OrderRanks.exactValue(wide.gather([places[group]]), 0) }
        return validities[group] == 0 ? nil : Int128(values[group])
    }

    func finish(_ groups: Int) -> Vector {
        if let wide { return wide.gather(Array(places.prefix(groups))) }
        return GroupValues.vector(values, validities, groups, type, form: form, interner)
    }

    var byteCount: Int {
        values.byteCount + validities.byteCount + interner.byteCount + (wide?.byteCount ?? 0)
    }
}
