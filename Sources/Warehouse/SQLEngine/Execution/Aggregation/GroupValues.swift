import Vectors

/// Values of one form, 64 bits a group.
enum GroupValues {
    /// - Parameters:
    ///   - form: a vector of the form that the values have; `nil` where there are none.
    ///   - interner: what numbers stand for strings.
    static func vector(
        _ values: GroupArray<Int64>, _ validities: GroupArray<UInt8>, _ groups: Int, _ type: SQLType,
        form: Vector?, _ interner: StringInterner
    ) -> Vector {
        guard let form, form.layout != .string || interner.count > 0 else {
            return Vector.nulls(type, count: groups)
        }
        let result = Vector.allocate(
            type, layout: form.layout, scale: form.scale, count: groups, hasValidity: true,
            dictionary: form.layout == .string ? interner.dictionary() : nil, isJSON: form.isJSON)
        for group in 0..<groups {
            switch form.layout {
            case .string: result.codes[group] = UInt32(truncatingIfNeeded: values[group])
            case .bool: result.bools[group] = UInt8(truncatingIfNeeded: values[group])
            default: result.int64s[group] = values[group]
            }
            result.validity?[group] = validities[group]
        }
        return result
    }
}
