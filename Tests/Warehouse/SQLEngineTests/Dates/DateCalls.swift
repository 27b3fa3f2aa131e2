import CivilTime
import Testing
import Vectors

@testable import SQLEngine

/// Calls of date functions by name, with the casts that the engine puts around them.
enum DateCalls {
    static let types: [SQLType] = [.date, .time, .timestampNTZ, .timestampLTZ, .timestampTZ]

    static func type(of value: Scalar) -> SQLType {
        switch value {
        case .null: .null
        case .boolean: .boolean
        case .number(_, let scale): .number(precision: 38, scale: scale)
        case .float: .float
        case .text: .varchar
        case .bytes: .binary
        case .temporal(_, let type): type
        case .json: .variant
        }
    }

    static func function(_ name: String) throws -> ScalarFunction {
        try #require(DateFunctions.all.first { $0.name == name || $0.aliases.contains(name) }, "no \(name)")
    }

    static func bind(_ name: String, _ arguments: [Scalar]) throws -> ScalarFunction.Binding {
        try function(name).bind(arguments.map { .init(type: type(of: $0), constant: $0) })
    }

    /// The value for one row.
    static func call(
        _ name: String, _ arguments: [Scalar], _ context: EvaluationContext = EvaluationContext()
    ) throws -> Scalar {
        let binding = try bind(name, arguments)
        let vectors = try zip(arguments, binding.argumentTypes).map { argument, target in
            let type = type(of: argument)
            let vector = Vector.constant(argument, type, count: 3)
            return try Casts.bind(from: type, to: target, isTry: false)(vector, context)
        }
        let result = try binding.evaluate(vectors, 3, context)
        try #require(result.count == 3)
        let value = result.scalar(at: 0)
        #expect(result.scalar(at: 2) == value)
        if case .temporal(_, let type) = value { #expect(type == binding.result) }
        return value
    }

    /// The text of the value for one row.
    static func text(
        _ name: String, _ arguments: Scalar..., in context: EvaluationContext = EvaluationContext()
    ) throws -> String {
        let value = try call(name, arguments, context)
        if case .temporal(let time, .timestampLTZ) = value {
            let offset = context.zone.offsetSeconds(atUTC: time)
            return TemporalText.timestamp(time + offset * 1_000_000) + " "
                + TemporalText.zone(Int(offset / 60))
        }
        return value.description
    }

    /// The vectors of many rows through a function.
    static func run(
        _ name: String, _ arguments: [ScalarFunction.Argument], _ vectors: [Vector],
        _ context: EvaluationContext = EvaluationContext()
    ) throws -> Vector {
        try function(name).bind(arguments).evaluate(vectors, vectors[0].count, context)
    }

    static func vector(_ values: [Int64], _ type: SQLType) -> Vector {
        let result = Vector.allocate(type, layout: .int64, count: values.count)
        for (row, value) in values.enumerated() { result.int64s[row] = value }
        return result
    }

    static func word(_ text: String, _ count: Int) -> (ScalarFunction.Argument, Vector) {
        (.init(type: .varchar, constant: .text(text)), .constant(.text(text), .varchar, count: count))
    }

    static func context(_ zone: String) throws -> EvaluationContext {
        EvaluationContext(zone: try TimeZones.named(zone))
    }
}

/// DATE, TIME and timestamps written as text.
func date(_ text: String) -> Scalar { temporal(text, .date) }
func time(_ text: String) -> Scalar { temporal(text, .time) }
func ntz(_ text: String) -> Scalar { temporal(text, .timestampNTZ) }
func tz(_ text: String) -> Scalar { temporal(text, .timestampTZ) }
func ltz(_ text: String) -> Scalar { temporal(text, .timestampLTZ) }

private func temporal(_ text: String, _ type: SQLType) -> Scalar {
    let cast = try? Casts.bind(from: .varchar, to: type, isTry: false)
    let vector = try? cast?(.constant(.text(text), .varchar, count: 1), EvaluationContext())
    return vector?.scalar(at: 0) ?? .null
}
