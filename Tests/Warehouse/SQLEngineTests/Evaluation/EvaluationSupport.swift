import CivilTime
import SQLEngine
import Vectors

/// Makes vectors of single values.
enum Rows {
    /// A vector of these values, which is not flagged constant.
    static func vector(_ values: [Scalar], _ type: SQLType) -> Vector {
        let collector = VectorCollector(type)
        for value in values { collector.append(Vector.constant(value, type, count: 1)) }
        return collector.finish()
    }

    static func integers(_ values: [Int64?], _ type: SQLType = .number(precision: 18, scale: 0)) -> Vector {
        vector(values.map { $0.map { .number(Int128($0), scale: type.scale) } ?? .null }, type)
    }

    static func texts(_ values: [String?]) -> Vector {
        vector(values.map { $0.map(Scalar.text) ?? .null }, .varchar)
    }

    static func json(_ values: [String?]) -> Vector {
        vector(values.map { $0.map(Scalar.json) ?? .null }, .variant)
    }

    static func floats(_ values: [Double?]) -> Vector {
        vector(values.map { $0.map(Scalar.float) ?? .null }, .float)
    }

    /// 64-bit values under any type: FLOAT and VARIANT as decimals, temporal types.
    static func raw(_ values: [Int64], _ type: SQLType, scale: Int = 0, validity: [UInt8]? = nil) -> Vector {
        let result = Vector.allocate(
            type, layout: .int64, scale: scale, count: values.count, hasValidity: validity != nil)
        for (row, value) in values.enumerated() { result.int64s[row] = value }
        for (row, value) in (validity ?? []).enumerated() { result.validity?[row] = value }
        return result
    }

    static func booleans(_ values: [Bool?]) -> Vector {
        vector(values.map { $0.map(Scalar.boolean) ?? .null }, .boolean)
    }

    /// The values as they are shown.
    static func shown(_ vector: Vector) -> [String] {
        (0..<vector.count).map { vector.scalar(at: $0).description }
    }

    /// The first row as a double.
    static func double(_ vector: Vector) -> Double {
        let doubles = vector.asDoubles()
        // Pointers do not keep what they point into.
        return withExtendedLifetime(doubles) { doubles.doubles[0] }
    }

    static func cast(
        _ vector: Vector, _ to: SQLType, isTry: Bool = false,
        _ context: EvaluationContext = EvaluationContext()
    ) throws -> Vector {
        try Casts.bind(from: vector.type, to: to, isTry: isTry)(vector, context)
    }

    static func message(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch { return "\(error)" }
    }
}

extension SQLType {
    static func decimal(_ precision: Int, _ scale: Int) -> SQLType {
        .number(precision: precision, scale: scale)
    }
}

/// Clocks one hour ahead of UTC, two from 2024-03-31 01:00 UTC on.
let summerZone = TimeZoneRules(name: "Test/Summer", transitions: [1_711_846_800], offsets: [3600, 7200])
