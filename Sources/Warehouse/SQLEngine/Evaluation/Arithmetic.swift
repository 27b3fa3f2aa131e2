import CivilTime
package import Vectors

/// The operators + - * / % and the sign.
///
/// NUMBER results have the precision and scale that Snowflake gives them and are rounded half away from zero.
/// Text and VARIANT operands are read as FLOAT.
package enum Arithmetic {
    package typealias Binding = ScalarFunction.Binding

    /// An operator for operands of certain types.
    package static func bind(
        _ operation: BinaryOperator, _ left: ScalarFunction.Argument, _ right: ScalarFunction.Argument
    ) throws(SQLError) -> Binding {
        if left.type.isTemporal || right.type.isTemporal {
            return try temporal(operation, left.type, right.type)
        }
        var leftType = try operand(left.type, operation)
        var rightType = try operand(right.type, operation)
        if leftType == .null { leftType = rightType }
        if rightType == .null { rightType = leftType }
        if case .number = leftType, case .number = rightType {
            let result = resultType(operation, leftType, rightType)
            let kernel = try numberKernel(operation, leftType, rightType, result)
            return Binding([leftType, rightType], result) { arguments, _, _ in
                try kernel(arguments[0], arguments[1])
            }
        }
        if leftType == .null {
            let one = SQLType.number(precision: 1, scale: 0)
            return Binding([one, one], one) { _, count, _ in Vector.nulls(one, count: count) }
        }
        let kernel = try floatKernel(operation)
        return Binding([.float, .float], .float) { arguments, _, _ in try kernel(arguments[0], arguments[1]) }
    }

    /// The type as which an operand takes part.
    private static func operand(_ type: SQLType, _ operation: BinaryOperator) throws(SQLError) -> SQLType {
        switch type {
        case .null, .number, .float: return type
        case .varchar, .variant: return .float
        case .boolean: return .number(precision: 1, scale: 0)
        default: throw unsuitable(operation, type)
        }
    }

    private static func unsuitable(_ operation: BinaryOperator, _ type: SQLType) -> SQLError {
        SQLError(.invalid, "invalid argument type for function '\(operation.rawValue)': \(type)")
    }

    /// The NUMBER that an operator on two NUMBERs gives.
    package static func resultType(_ operation: BinaryOperator, _ left: SQLType, _ right: SQLType) -> SQLType
    {
        guard case .number(let precision, let scale) = left,
            case .number(let otherPrecision, let otherScale) = right
        else { return .float }
        let (before, otherBefore) = (precision - scale, otherPrecision - otherScale)
        func number(before: Int, behind: Int) -> SQLType {
            .number(precision: min(38, max(1, before + behind)), scale: behind)
        }
        switch operation {
        case .multiply:
            return number(
                before: before + otherBefore, behind: min(scale + otherScale, max(scale, otherScale, 12)))
        case .divide: return number(before: before + otherScale, behind: max(scale, min(scale + 6, 12)))
        case .modulo: return number(before: max(before, otherBefore), behind: max(scale, otherScale))
        default: return number(before: max(before, otherBefore) + 1, behind: max(scale, otherScale))
        }
    }

    private static func numberKernel(
        _ operation: BinaryOperator, _ left: SQLType, _ right: SQLType, _ result: SQLType
    ) throws(SQLError) -> @Sendable (Vector, Vector) throws -> Vector {
        let kernel = NumberKernel(left: left.scale, right: right.scale, result: result)
        switch operation {
        case .add: return kernel.add
        case .subtract: return kernel.subtract
        case .multiply: return kernel.multiply
        case .divide: return kernel.divide
        case .modulo: return kernel.modulo
        default: throw unsuitable(operation, left)
        }
    }

    private static func floatKernel(
        _ operation: BinaryOperator
    ) throws(SQLError) -> @Sendable (Vector, Vector) throws -> Vector {
        switch operation {
        case .add: return { left, right in FloatKernel.run(left, right) { $0 + $1 } }
        case .subtract: return { left, right in FloatKernel.run(left, right) { $0 - $1 } }
        case .multiply: return { left, right in FloatKernel.run(left, right) { $0 * $1 } }
        case .divide: return { left, right in try FloatKernel.dividing(left, right) { $0 / $1 } }
        case .modulo:
            return { left, right in
                try FloatKernel.dividing(left, right) { $0.truncatingRemainder(dividingBy: $1) }
            }
        default: throw unsuitable(operation, .float)
        }
    }

    /// The sign: a binding of one argument.
    package static func negate(_ type: SQLType) throws(SQLError) -> Binding {
        var type = try operand(type, .subtract)
        if type == .null { type = .number(precision: 1, scale: 0) }
        let result = type
        return Binding([result], result) { arguments, _, _ in try negated(arguments[0]) }
    }

    private static func negated(_ vector: Vector) throws -> Vector {
        let count = vector.count
        if vector.type == .float, vector.layout == .double {
            let result = Vector.allocate(.float, count: count)
            for row in 0..<count { result.doubles[row] = -vector.doubles[row] }
            return result.withNulls(of: vector).with(isConstant: vector.isConstant)
        }
        if vector.layout == .int64 {
            let result = Vector.allocate(vector.type, layout: .int64, scale: vector.scale, count: count)
            var hasLeast = false
            for row in 0..<count {
                hasLeast = hasLeast || vector.int64s[row] == Int64.min
                result.int64s[row] = 0 &- vector.int64s[row]
            }
            if !hasLeast { return result.withNulls(of: vector).with(isConstant: vector.isConstant) }
            if vector.type == .float { return try negated(vector.asDoubles()) }
        }
        let wide = vector.widened()
        let result = Vector.allocate(vector.type, layout: .int128, scale: vector.scale, count: count)
        for row in 0..<count { result.int128s[row] = 0 &- wide.int128s[row] }
        return result.withNulls(of: vector).with(isConstant: vector.isConstant).narrowed()
    }
}

// MARK: Dates

extension Arithmetic {
    /// Dates plus and minus days, and the days between dates.
    private static func temporal(
        _ operation: BinaryOperator, _ left: SQLType, _ right: SQLType
    ) throws(SQLError) -> Binding {
        guard operation == .add || operation == .subtract else {
            throw unsuitable(operation, left.isTemporal ? left : right)
        }
        if left.isTemporal, right.isTemporal {
            guard operation == .subtract, left == .date, right == .date else {
                throw SQLError(
                    .invalid,
                    "invalid argument types for function '\(operation.rawValue)': \(left), \(right); the time between two "
                        + "values is given by DATEDIFF(part, from, to)")
            }
            let days = SQLType.number(precision: 9, scale: 0)
            return Binding([.date, .date], days) { arguments, count, _ in
                let result = Vector.allocate(days, count: count)
                for row in 0..<count {
                    result.int64s[row] = arguments[0].int64s[row] &- arguments[1].int64s[row]
                }
                return result.withNulls(of: arguments[0], arguments[1])
            }
        }
        let type = left.isTemporal ? left : right
        let other = left.isTemporal ? right : left
        guard type != .time, left.isTemporal || operation == .add,
            other.isNumeric || other == .varchar || other == .variant || other == .null
        else { throw unsuitable(operation, type == .time ? type : other) }
        let isDateFirst = left.isTemporal
        let sign: Int64 = operation == .add ? 1 : -1
        return Binding(isDateFirst ? [type, .integer] : [.integer, type], type) { arguments, _, context in
            let (dates, days) = isDateFirst ? (arguments[0], arguments[1]) : (arguments[1], arguments[0])
            return try adding(days, sign: sign, to: dates, type, context)
        }
    }

    /// More days than lie between the first and the last date.
    private static let daysMax: Int64 = 4_000_000

    private static func adding(
        _ days: Vector, sign: Int64, to dates: Vector, _ type: SQLType, _ context: EvaluationContext
    ) throws -> Vector {
        let count = dates.count
        let result = Vector.allocate(type, count: count)
        for row in 0..<count {
            result.int64s[row] = 0
            guard dates.isValid(row), days.isValid(row) else { continue }
            let number = days.layout == .int64 ? Int128(days.int64s[row]) : days.int128s[row]
            let value = dates.int64s[row]
            guard number.magnitude <= daysMax, let sum = moved(value, Int64(number) * sign, type, context)
            else {
                let isLater = (number < 0) == (sign < 0)
                throw DecimalMath.outOfRange(
                    "\(number.magnitude) days \(isLater ? "after" : "before") \(TemporalText.text(value, type))",
                    type)
            }
            result.int64s[row] = sum
        }
        return result.withNulls(of: dates, days)
    }

    /// A date or timestamp some days later, at the same time of day; `nil` where it is out of range.
    private static func moved(_ value: Int64, _ days: Int64, _ type: SQLType, _ context: EvaluationContext)
        -> Int64?
    {
        if type == .date {
            let (sum, overflow) = value.addingReportingOverflow(days)
            return !overflow && Civil.dayRange.contains(sum) ? sum : nil
        }
        let distance = days * Calendar.microsecondsPerDay
        let start =
            switch type {
            case .timestampTZ: TimestampTZ.utcMicroseconds(value)
            case .timestampLTZ: context.zone.local(fromUTC: value)
            default: value
            }
        let (sum, overflow) = start.addingReportingOverflow(distance)
        guard !overflow, Civil.microsecondRange.contains(sum) else { return nil }
        if type == .timestampLTZ { return context.zone.utc(fromLocal: sum) }
        guard type == .timestampTZ else { return sum }
        guard TimestampTZ.range.contains(sum) else { return nil }
        return TimestampTZ.pack(utcMicroseconds: sum, offsetMinutes: TimestampTZ.offsetMinutes(value))
    }
}
