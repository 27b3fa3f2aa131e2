import JSON
package import Vectors

/// CAST and TRY_CAST, a vector at a time.
package enum Casts {
    package typealias Cast = @Sendable (Vector, EvaluationContext) throws -> Vector

    /// The conversion of one type into another. Rows that are NULL never fail; of the others those that
    /// cannot be converted throw, or give NULL for `isTry`.
    package static func bind(from: SQLType, to: SQLType, isTry: Bool) throws(SQLError) -> Cast {
        guard TypeRules.canCast(from, to, isTry: isTry) else {
            throw SQLError(.invalid, "a value of type \(from) cannot be cast to \(to)")
        }
        if from == to { return { vector, _ in vector } }
        return { vector, context in
            if vector.count == 0 || vector.type == .null || vector.isConstantNull {
                return Vector.nulls(to, count: vector.count)
            }
            let conversion = Conversion(to: to, isTry: isTry, context: context)
            if vector.isConstant {
                return try conversion.convert(vector.slice(from: 0, count: 1)).repeated(vector.count)
            }
            return try conversion.convert(vector)
        }
    }
}

/// One conversion of one vector.
struct Conversion {
    let to: SQLType
    let isTry: Bool
    let context: EvaluationContext

    /// Dispatches on the target. The vector has at least one row.
    func convert(_ vector: Vector) throws -> Vector {
        if vector.type == to { return vector }
        if vector.type == .variant, to != .variant { return try fromVariant(vector) }
        switch to {
        case .null: return Vector.nulls(.null, count: vector.count)
        case .boolean: return try toBoolean(vector)
        case .number: return try toNumber(vector)
        case .float: return try toFloat(vector)
        case .varchar: return try toText(vector)
        case .binary: return try readBinary(vector)
        case .date, .time, .timestampNTZ, .timestampLTZ, .timestampTZ: return try toTime(vector)
        case .variant: return try toVariant(vector)
        case .object, .array: return try toContainer(vector)
        }
    }

    /// What is thrown for a pair that `TypeRules` allows but nothing here converts.
    func impossible(_ vector: Vector) -> SQLError {
        SQLError(.invalid, "a value of type \(vector.type) cannot be cast to \(to)")
    }

    // MARK: Loops

    /// Converts each value by `body`, which gives `nil` for one that cannot be converted. Where that is not the
    /// arbitrary value of a NULL, it throws or becomes NULL.
    @inline(__always)
    func map<Source, Target>(
        _ vector: Vector, _ source: UnsafePointer<Source>, layout: Layout, as _: Target.Type, zero: Target,
        failure: (Source) -> SQLError, _ body: (Source) -> Target?
    ) throws -> Vector {
        let result = Vector.allocate(to, layout: layout, count: vector.count, hasValidity: isTry)
        let target = result.raw.assumingMemoryBound(to: Target.self)
        let (valid, made) = (vector.validity, result.validity)
        for row in 0..<vector.count {
            let value = body(source[row])
            target[row] = value ?? zero
            if let made {
                made[row] = value != nil && (valid?[row] ?? 1) != 0 ? 1 : 0
            } else if value == nil, (valid?[row] ?? 1) != 0 {
                throw failure(source[row])
            }
        }
        return isTry ? result.droppingNeedlessValidity() : result.withNulls(of: vector)
    }

    /// Of 64-bit integers that always convert.
    @inline(__always)
    func mapAll(_ vector: Vector, _ body: (Int64) -> Int64) -> Vector {
        let result = Vector.allocate(to, layout: .int64, count: vector.count)
        let (source, target) = (vector.int64s, result.int64s)
        for row in 0..<vector.count { target[row] = body(source[row]) }
        return result.withNulls(of: vector)
    }
}

// MARK: Numbers and booleans

extension Conversion {
    func toBoolean(_ vector: Vector) throws -> Vector {
        if vector.type == .varchar { return try read(vector, Readers.boolean) }
        guard vector.type.isNumeric else { throw impossible(vector) }
        let result = Vector.allocate(.boolean, count: vector.count)
        let target = result.bools
        switch vector.layout {
        case .int64: for row in 0..<vector.count { target[row] = vector.int64s[row] != 0 ? 1 : 0 }
        case .int128: for row in 0..<vector.count { target[row] = vector.int128s[row] != 0 ? 1 : 0 }
        case .double: for row in 0..<vector.count { target[row] = vector.doubles[row] != 0 ? 1 : 0 }
        default: throw impossible(vector)
        }
        return result.withNulls(of: vector)
    }

    func toNumber(_ vector: Vector) throws -> Vector {
        guard case .number(let precision, let scale) = to else { throw impossible(vector) }
        switch vector.type {
        case .varchar:
            return precision <= 18
                ? try read(vector, Readers.shortNumber(precision: precision, scale: scale))
                : try read(vector, Readers.longNumber(precision: precision, scale: scale)).narrowed()
        case .boolean:
            let one = Vector.allocate(.number(precision: 1, scale: 0), layout: .int64, count: vector.count)
            for row in 0..<vector.count { one.int64s[row] = Int64(vector.bools[row]) }
            return try DecimalMath.rescale(one.withNulls(of: vector), digits: 1, to: to, isTry: isTry)
        case .number(let digits, _):
            return try DecimalMath.rescale(vector, digits: digits, to: to, isTry: isTry)
        case .float:
            if vector.layout != .double {
                return try DecimalMath.rescale(vector, digits: 38, to: to, isTry: isTry)
            }
            return try fromDoubles(vector, precision: precision, scale: scale)
        default: throw impossible(vector)
        }
    }

    private func fromDoubles(_ vector: Vector, precision: Int, scale: Int) throws -> Vector {
        let limit = DecimalMath.powers[precision].magnitude
        let failure = { (value: Double) in DecimalMath.outOfRange(JSONText.number(value), to) }
        if precision <= 18 {
            return try map(vector, vector.doubles, layout: .int64, as: Int64.self, zero: 0, failure: failure)
            { value in
                guard let decimal = DecimalMath.decimal(value, scale: scale), decimal.magnitude < limit else {
                    return nil
                }
                return Int64(truncatingIfNeeded: decimal)
            }
        }
        return try map(vector, vector.doubles, layout: .int128, as: Int128.self, zero: 0, failure: failure) {
            value in
            guard let decimal = DecimalMath.decimal(value, scale: scale), decimal.magnitude < limit else {
                return nil
            }
            return decimal
        }.narrowed()
    }

    func toFloat(_ vector: Vector) throws -> Vector {
        switch vector.type {
        case .varchar: return try read(vector, Readers.float)
        case .number:
            // As decimals: nothing is touched. Larger powers of ten are not exact as doubles.
            if vector.layout == .int64, vector.scale <= 18 {
                return vector.with(type: .float, scale: vector.scale)
            }
            return vector.asDoubles()
        case .boolean:
            let result = Vector.allocate(.float, count: vector.count)
            for row in 0..<vector.count { result.doubles[row] = Double(vector.bools[row]) }
            return result.withNulls(of: vector)
        default: throw impossible(vector)
        }
    }
}
