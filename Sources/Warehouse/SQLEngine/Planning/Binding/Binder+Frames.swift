import CivilTime
import Vectors

/// The rows around a row that a window function looks at.
extension Binder {
    func frame(
        _ window: WindowSpecification, _ signature: WindowSignature, hasOrder: Bool,
        _ binding: ExpressionBinding, _ position: Int
    ) throws -> WindowCall.Frame {
        guard let frame = window.frame else {
            return signature.isFramed && hasOrder ? .toCurrentRow : .wholePartition
        }
        func bound(_ bound: WindowSpecification.Frame.Bound) throws -> WindowCall.Bound {
            switch bound {
            case .unboundedPreceding: .unboundedPreceding
            case .currentRow: .currentRow
            case .unboundedFollowing: .unboundedFollowing
            case .preceding(let expression): .preceding(try distance(expression, binding))
            case .following(let expression): .following(try distance(expression, binding))
            }
        }
        return WindowCall.Frame(
            isRange: frame.unit == .range, start: try bound(frame.start), end: try bound(frame.end))
    }

    private func distance(_ expression: Expression, _ binding: ExpressionBinding) throws
        -> WindowCall.Distance
    {
        if case .interval(let parts) = expression.kind { return try distance(parts, expression.position) }
        let value = try bind(expression, binding)
        guard let constant = value.constant, value.type.isNumeric else {
            throw SQLError(
                .unsupported, "the distance of a frame must be a constant number or an INTERVAL",
                position: expression.position)
        }
        return .number(constant)
    }

    private func distance(_ parts: [(count: Int64, unit: String)], _ position: Int) throws
        -> WindowCall.Distance
    {
        var months: Int128 = 0
        var microseconds: Int128 = 0
        var isMeant = true
        for (count, unit) in parts {
            let count = Int128(count)
            switch DatePart.named(unit)?.length {
            case .months(let length) where count >= 0: months += count * Int128(length)
            case .days(let length) where count >= 0:
                microseconds += count * Int128(length * Calendar.microsecondsPerDay)
            case .microseconds(let length) where count >= 0: microseconds += count * Int128(length)
            default: isMeant = false
            }
        }
        guard isMeant, (0...monthsMax).contains(months), let rest = Int64(exactly: microseconds) else {
            throw SQLError(
                .invalid,
                "the distance of a frame must be an INTERVAL of whole units from year to microsecond that is not negative and less than 10000 years",
                position: position)
        }
        return .interval(months: Int(months), microseconds: rest)
    }

    private var monthsMax: Int128 { 120_000 }
}
