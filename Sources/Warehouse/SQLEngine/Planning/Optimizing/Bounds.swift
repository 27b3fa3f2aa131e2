import CivilTime
import JSON
package import Vectors

/// Intervals in which the values of scanned columns must lie for a row to pass the filters.
struct BoundsExtraction {
    private let places: [ColumnID: Int]

    init(_ columns: [(column: PlanColumn, source: ScanColumn)]) {
        places = Dictionary(
            columns.enumerated().map { ($1.column.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func bounds(_ filters: [BoundExpression]) -> [ColumnBounds] {
        var found: [Int: ColumnBounds] = [:]
        for filter in filters {
            guard let bounds = bounds(of: filter) else { continue }
            guard var known = found[bounds.column] else {
                found[bounds.column] = bounds
                continue
            }
            known.lower =
                known.lower.flatMap { a in bounds.lower.map { $0.isBelow(a) ? a : $0 } ?? a } ?? bounds.lower
            known.upper =
                known.upper.flatMap { a in bounds.upper.map { a.isBelow($0) ? a : $0 } ?? a } ?? bounds.upper
            found[bounds.column] = known
        }
        return found.values.sorted { $0.column < $1.column }
    }

    private func bounds(of filter: BoundExpression) -> ColumnBounds? {
        switch filter.kind {
        case .call(let use, let sides) where sides.count == 2:
            guard let operation = use.binary else { return nil }
            if let constant = sides[1].constant { return bounds(sides[0], operation, constant) }
            if let constant = sides[0].constant { return bounds(sides[1], operation.mirrored, constant) }
            return nil
        case .and(let parts):
            let all = BoundsExtraction(places: places).bounds(parts)
            return all.count == 1 ? all.first : nil
        case .or(let parts):
            let all = parts.map { bounds(of: $0) }
            guard let first = all.first ?? nil, all.allSatisfy({ $0?.column == first.column }) else {
                return nil
            }
            // Of values of different kinds none is the lesser one: a VARIANT can hold all of them.
            let ends = all.flatMap { [$0?.lower, $0?.upper].compactMap { $0 } }
            guard ends.allSatisfy({ $0.isComparable(with: ends[0]) }) else { return nil }
            return all.dropFirst().reduce(first) { result, next in
                var result = result
                result.lower = result.lower.flatMap { a in next?.lower.map { $0.isBelow(a) ? $0 : a } }
                result.upper = result.upper.flatMap { a in next?.upper.map { a.isBelow($0) ? $0 : a } }
                return result
            }
        default: return nil
        }
    }

    private init(places: [ColumnID: Int]) { self.places = places }

    private func bounds(_ side: BoundExpression, _ operation: BinaryOperator, _ constant: Scalar)
        -> ColumnBounds?
    {
        guard constant != .null, let (place, lower, upper) = interval(side, constant) else { return nil }
        switch operation {
        case .equal: return ColumnBounds(column: place, lower: lower, upper: upper)
        case .less, .lessOrEqual: return upper.map { ColumnBounds(column: place, lower: nil, upper: $0) }
        case .greater, .greaterOrEqual:
            return lower.map { ColumnBounds(column: place, lower: $0, upper: nil) }
        default: return nil
        }
    }

    /// The column behind an expression, and the least and greatest of its values for which the expression is
    /// `constant`.
    private func interval(_ side: BoundExpression, _ constant: Scalar) -> (
        place: Int, lower: Scalar?, upper: Scalar?
    )? {
        switch side.kind {
        case .column(let id): return places[id].map { ($0, constant, constant) }
        case .call(let use, let arguments) where use.lengthMax != nil:
            // What it gives is what it is given.
            return interval(arguments[0], constant)
        case .cast(let inner, _):
            guard let id = inner.columnID, let place = places[id] else { return nil }
            switch (inner.type, side.type, constant) {
            case (.timestampNTZ, .date, .temporal(let day, _)):
                let start = day.multipliedReportingOverflow(by: Calendar.microsecondsPerDay)
                if start.overflow { return nil }
                return (
                    place, .temporal(start.partialValue, .timestampNTZ),
                    .temporal(start.partialValue &+ Calendar.microsecondsPerDay &- 1, .timestampNTZ)
                )
            case (.number(_, let scale), .number(_, let wider), _) where wider >= scale:
                return (place, constant, constant)
            case (.number, .float, _), (.variant, .float, _), (.variant, .varchar, .text):
                return (place, constant, constant)
            case (.variant, .number(_, let scale), .number(let value, _)):
                // Casting rounds, half a unit up and down.
                return (
                    place, .number(value * 10 - 5, scale: scale + 1),
                    .number(value * 10 + 5, scale: scale + 1)
                )
            case (.variant, .timestampNTZ, .temporal(let microseconds, _)):
                // Greater numbers can be milliseconds, so there is no upper end.
                return (
                    place,
                    .number(Int128(Calendar.floorDivide(microseconds, by: 1_000_000).quotient), scale: 0), nil
                )
            default: return nil
            }
        default: return nil
        }
    }
}

extension Scalar {
    /// Whether one of the two is less than the other, or they are equal.
    fileprivate func isComparable(with other: Scalar) -> Bool {
        switch (self, other) {
        case (.number, .number), (.float, .float), (.float, .number), (.number, .float), (.text, .text),
            (.temporal, .temporal), (.boolean, .boolean), (.bytes, .bytes):
            true
        default: false
        }
    }

    /// Whether it is less than another value of its kind.
    package func isBelow(_ other: Scalar) -> Bool {
        switch (self, other) {
        case (.number(let a, let x), .number(let b, let y)):
            let scale = max(x, y)
            let (left, o1) = a.multipliedReportingOverflow(by: integerPower(scale - x))
            let (right, o2) = b.multipliedReportingOverflow(by: integerPower(scale - y))
            return o1 || o2 ? Double(a) / decimalPower(x) < Double(b) / decimalPower(y) : left < right
        case (.float(let a), .float(let b)): return a < b
        case (.float(let a), .number(let b, let scale)): return a < Double(b) / decimalPower(scale)
        case (.number(let a, let scale), .float(let b)): return Double(a) / decimalPower(scale) < b
        case (.text(let a), .text(let b)): return a.utf8.lexicographicallyPrecedes(b.utf8)
        case (.temporal(let a, _), .temporal(let b, _)): return a < b
        case (.boolean(let a), .boolean(let b)): return !a && b
        case (.bytes(let a), .bytes(let b)): return a.lexicographicallyPrecedes(b)
        default: return false
        }
    }
}
