package import Vectors

/// Which types go together, and what they become.
package enum TypeRules {
    /// The type of a column whose values have these types: branches of CASE, arguments of COALESCE, columns
    /// of UNION. `nil` where there is none. No types, or nothing but NULL, is NULL.
    package static func common(_ types: [SQLType]) -> SQLType? {
        var result = SQLType.null
        for type in types {
            guard let next = common(result, type) else { return nil }
            result = next
        }
        return result
    }

    private static func common(_ left: SQLType, _ right: SQLType) -> SQLType? {
        if left == right || right == .null { return left }
        if left == .null { return right }
        switch (left, right) {
        case (.number(let precision, let scale), .number(let otherPrecision, let otherScale)):
            return merged(precision, scale, otherPrecision, otherScale)
        case (.number, .float), (.float, .number): return .float
        case (.variant, _), (_, .variant): return .variant
        case (.object, .array), (.array, .object): return .variant
        case (.boolean, .number), (.boolean, .float): return right
        case (.number, .boolean), (.float, .boolean): return left
        case (.varchar, _): return withText(right)
        case (_, .varchar): return withText(left)
        default: return temporal(left, right)
        }
    }

    /// Room for the digits before the point and behind it of both; where that is more than 38, those behind
    /// stay.
    private static func merged(_ precision: Int, _ scale: Int, _ otherPrecision: Int, _ otherScale: Int)
        -> SQLType
    {
        let behind = max(scale, otherScale)
        let before = max(precision - scale, otherPrecision - otherScale)
        return .number(precision: min(38, before + behind), scale: behind)
    }

    /// Text beside another type is read as that type. Beside a NUMBER it may have a fraction.
    private static func withText(_ type: SQLType) -> SQLType? {
        switch type {
        case .number(_, let scale): .number(precision: 38, scale: max(scale, textScale))
        case .object, .array: nil
        default: type
        }
    }

    /// Digits behind the point of text that meets a NUMBER.
    private static let textScale = 5

    private static func temporal(_ left: SQLType, _ right: SQLType) -> SQLType? {
        guard left.isTemporal, right.isTemporal, left != .time, right != .time else { return nil }
        if left == .timestampTZ || right == .timestampTZ { return .timestampTZ }
        if left == .timestampLTZ || right == .timestampLTZ { return .timestampLTZ }
        return .timestampNTZ
    }

    /// The type to which both sides of a comparison are cast before; `nil` where they cannot be compared.
    package static func comparison(_ left: SQLType, _ right: SQLType) -> SQLType? {
        switch (left, right) {
        case (.boolean, .number), (.number, .boolean), (.boolean, .float), (.float, .boolean): return .boolean
        case (.variant, .null), (.null, .variant), (.variant, .variant): return .variant
        // A VARIANT keeps its fraction beside a NUMBER that has none.
        case (.variant, .number), (.number, .variant): return .float
        case (.variant, _): return instant(right)
        case (_, .variant): return instant(left)
        default: return common(left, right).map(instant)
        }
    }

    /// Timestamps with offsets compare by their instants.
    private static func instant(_ type: SQLType) -> SQLType { type == .timestampTZ ? .timestampLTZ : type }

    /// Whether CAST or TRY_CAST may be asked to convert. TRY_CAST here takes what CAST takes, not text alone.
    package static func canCast(_ from: SQLType, _ to: SQLType, isTry: Bool) -> Bool {
        if from == to || from == .null || from == .variant { return to != .null || from == .null }
        switch to {
        case .null: return false
        case .variant, .varchar: return true
        case .boolean, .float: return from == .varchar || from.isNumeric || from == .boolean
        case .number: return from == .varchar || from.isNumeric || from == .boolean
        case .binary: return from == .varchar
        case .date: return from == .varchar || from.isTimestamp || from.isNumber
        case .time: return from == .varchar || from.isTimestamp
        case .timestampNTZ, .timestampLTZ, .timestampTZ:
            return from == .varchar || from == .date || from.isTimestamp || from.isNumber
        case .object: return false
        case .array: return from == .object
        }
    }

    /// Whether a function that takes `to` may be given `from` without a cast being written.
    package static func canCoerce(_ from: SQLType, _ to: SQLType) -> Bool {
        if from == to || from == .null { return true }
        switch (from, to) {
        case (.variant, .null), (.variant, .binary): return false
        case (.variant, _): return true
        case (.binary, .varchar), (.varchar, .binary): return false
        case (.object, .array): return false
        case (.object, .varchar), (.array, .varchar): return false
        case (.number, .date), (.number, .timestampNTZ), (.number, .timestampLTZ), (.number, .timestampTZ):
            return false
        default: return canCast(from, to, isTry: false)
        }
    }
}
