import SQLEngine
import Testing
import Vectors

/// Values as literals of Swift, for tables of calls.
enum Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral,
    ExpressibleByNilLiteral
{
    case of(Scalar, SQLType)

    init(stringLiteral value: String) { self = .of(.text(value), .varchar) }
    init(integerLiteral value: Int) { self = .of(.integer(value), .integer) }
    init(floatLiteral value: Double) { self = .of(.float(value), .float) }
    init(booleanLiteral value: Bool) { self = .of(.boolean(value), .boolean) }
    init(nilLiteral: ()) { self = .of(.null, .null) }

    static func text(_ value: String) -> Value { .of(.text(value), .varchar) }
    static func decimal(_ value: Int128, _ scale: Int, precision: Int = 38) -> Value {
        .of(.number(value, scale: scale), .number(precision: precision, scale: scale))
    }
    static func json(_ text: String) -> Value { .of(.json(text), .variant) }
    static func array(_ text: String) -> Value { .of(.json(text), .array) }
    static func object(_ text: String) -> Value { .of(.json(text), .object) }
    static func bytes(_ bytes: [UInt8]) -> Value { .of(.bytes(bytes), .binary) }
    static func null(_ type: SQLType) -> Value { .of(.null, type) }

    var type: SQLType {
        switch self {
        case .of(_, let type): type
        }
    }
    var scalar: Scalar {
        switch self {
        case .of(let scalar, _): scalar
        }
    }

    func constant(count: Int) -> Vector { .constant(scalar, type, count: count) }

    /// Rows that are not known to be equal: each second one is NULL.
    func varying(count: Int) -> Vector {
        let vector = constant(count: count)
        let memory = VectorMemory(byteCount: count)
        let validity = memory.pointer.bindMemory(to: UInt8.self, capacity: count)
        for row in 0..<count { validity[row] = row % 2 == 1 && scalar != .null ? 1 : 0 }
        return vector.with(validity: .some(validity), isConstant: false, alsoKeeping: memory)
    }
}

/// Binds a function, casts its arguments and computes it, as the planner and the executor do.
func call(_ name: String, _ vectors: [Vector], count: Int, _ context: EvaluationContext = .init()) throws
    -> Vector
{
    let function = try #require(FunctionCatalog.find(name), "no function \(name)")
    let binding = try function.bind(
        vectors.map { .init(type: $0.type, constant: $0.isConstant && $0.count > 0 ? $0.scalar(at: 0) : nil) }
    )
    #expect(binding.argumentTypes.count == vectors.count)
    var arguments: [Vector] = []
    for (vector, type) in zip(vectors, binding.argumentTypes) {
        arguments.append(try Casts.bind(from: vector.type, to: type, isTry: false)(vector, context))
    }
    let result = try binding.evaluate(arguments, count, context)
    #expect(result.count == count)
    #expect(result.type == binding.result, "\(name)")
    return result
}

/// The result of a call of constants, as text.
func result(_ name: String, _ arguments: [Value], _ context: EvaluationContext = .init()) throws -> String {
    try call(name, arguments.map { $0.constant(count: 1) }, count: 1, context).scalar(at: 0).description
}

/// A call and the text of what it gives.
struct Example: CustomStringConvertible, Sendable {
    let name: String
    let arguments: [Value]
    let expected: String

    init(_ name: String, _ arguments: [Value], _ expected: String) {
        self.name = name
        self.arguments = arguments
        self.expected = expected
    }

    var description: String {
        "\(name)(\(arguments.map { $0.scalar.description }.joined(separator: ", ")))"
    }

    /// Checks the call with constants, with each of its arguments alone varying from row to row (which takes
    /// the way of one call for each string), and with all of them varying.
    func check(onlyConstant: Bool = false) throws {
        #expect(try result(name, arguments) == expected, "\(self)")
        if onlyConstant { return }
        for varied in arguments.indices {
            let vectors = arguments.enumerated().map {
                $0 == varied ? $1.varying(count: 5) : $1.constant(count: 5)
            }
            let rows = try call(name, vectors, count: 5)
            for row in [1, 3] {
                #expect(rows.scalar(at: row).description == expected, "\(self), argument \(varied) varies")
            }
        }
        if arguments.isEmpty { return }
        let rows = try call(name, arguments.map { $0.varying(count: 5) }, count: 5)
        for row in [1, 3] { #expect(rows.scalar(at: row).description == expected, "\(self), all vary") }
    }
}

/// The error of a call of constants.
func failure(_ name: String, _ arguments: [Value]) -> SQLError? {
    do {
        _ = try result(name, arguments)
        return nil
    } catch {
        return error as? SQLError
    }
}
