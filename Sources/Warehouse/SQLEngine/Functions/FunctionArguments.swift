import Vectors

/// What a function takes at one place of its argument list, and the type to which it is cast there.
enum ArgumentKind: Sendable {
    /// Text; numbers, times, booleans and VARIANTs become text.
    case text
    /// Text or BINARY, which stays BINARY.
    case textOrBytes
    /// A whole number.
    case integer
    /// A NUMBER or FLOAT, which stays what it is; text and VARIANTs become FLOAT.
    case numeric
    case float
    case boolean
    /// Anything, as VARIANT.
    case variant
    case array
    case object
    /// Anything, as it is; a bare NULL becomes a VARCHAR.
    case any

    /// The type to which an argument is cast; `nil` where it does not fit.
    func target(_ type: SQLType) -> SQLType? {
        switch self {
        case .any: return type == .null ? .varchar : type
        case .text: return type == .binary || type == .object || type == .array ? nil : .varchar
        case .textOrBytes: return type == .binary ? .binary : Self.text.target(type)
        case .variant: return type.isSemiStructured ? type : .variant
        case .array: return type == .null || type == .array || type == .variant ? .array : nil
        case .object: return type == .null || type == .object || type == .variant ? .object : nil
        case .boolean:
            return type.isTemporal || type == .binary || type == .object || type == .array ? nil : .boolean
        case .integer: return Self.isNumberLike(type) ? .integer : nil
        case .float: return Self.isNumberLike(type) ? .float : nil
        case .numeric:
            if type.isNumeric { return type }
            if type == .boolean || type == .null { return .integer }
            return Self.isNumberLike(type) ? .float : nil
        }
    }

    private static func isNumberLike(_ type: SQLType) -> Bool {
        type.isNumeric || type == .varchar || type == .boolean || type == .variant || type == .null
    }

    fileprivate var noun: String {
        switch self {
        case .text: "text"
        case .textOrBytes: "text or BINARY"
        case .integer: "a whole number"
        case .numeric, .float: "a number"
        case .boolean: "a BOOLEAN"
        case .variant, .any: "a value"
        case .array: "an ARRAY"
        case .object: "an OBJECT"
        }
    }
}

extension ScalarFunction {
    /// Checks the number of arguments and gives the types to which they are cast. The last kind holds for all
    /// further arguments.
    ///
    /// - Parameter counts: how many arguments there may be.
    static func targets(
        _ signature: String, _ arguments: [Argument], _ kinds: [ArgumentKind], _ counts: ClosedRange<Int>
    ) throws(SQLError) -> [SQLType] {
        guard counts.contains(arguments.count) else {
            let few = arguments.count < counts.lowerBound
            throw SQLError(.invalid, "too \(few ? "few" : "many") arguments: write \(signature)")
        }
        var types: [SQLType] = []
        for (place, argument) in arguments.enumerated() {
            let kind = place < kinds.count ? kinds[place] : kinds.last ?? .any
            guard let type = kind.target(argument.type) else {
                let message =
                    "argument \(place + 1) is \(argument.type), but must be \(kind.noun): write \(signature)"
                throw SQLError(.invalid, message)
            }
            types.append(type)
        }
        return types
    }

    /// A function with one implementation, whatever its arguments are.
    ///
    /// - Parameter optional: how many arguments at the end may be left out.
    static func plain(
        _ name: String, aliases: [String] = [], _ signature: String, _ summary: String,
        _ kinds: [ArgumentKind],
        optional: Int = 0, isVolatile: Bool = false, risingArgument: Int? = nil, _ result: SQLType,
        _ evaluate: @escaping Binding.Evaluate
    ) -> ScalarFunction {
        ScalarFunction(
            name, aliases: aliases, signature, summary, isVolatile: isVolatile, risingArgument: risingArgument
        ) { arguments throws(SQLError) in
            let types = try targets(signature, arguments, kinds, (kinds.count - optional)...kinds.count)
            return Binding(types, result, evaluate)
        }
    }

    /// A function whose result has the type of its first argument: text of text, BINARY of BINARY.
    static func likeFirst(
        _ name: String, aliases: [String] = [], _ signature: String, _ summary: String,
        _ kinds: [ArgumentKind],
        optional: Int = 0,
        _ evaluate:
            @escaping @Sendable (_ arguments: [Vector], _ count: Int, _ type: SQLType) throws -> Vector
    ) -> ScalarFunction {
        ScalarFunction(name, aliases: aliases, signature, summary) { arguments throws(SQLError) in
            let types = try targets(signature, arguments, kinds, (kinds.count - optional)...kinds.count)
            let result = types[0]
            return Binding(types, result) { arguments, count, _ in try evaluate(arguments, count, result) }
        }
    }
}

extension Vector {
    /// A whole number of a NUMBER of scale 0, held to what 64 bits can hold.
    @inline(__always)
    func integer(_ row: Int) -> Int {
        layout == .int64 ? Int(int64s[row]) : Int(clamping: int128s[row])
    }

    /// The integer of a row of a NUMBER.
    @inline(__always)
    func wide(_ row: Int) -> Int128 { layout == .int64 ? Int128(int64s[row]) : int128s[row] }

    /// A row of the string layout as a string.
    func string(_ row: Int) -> String { String(decoding: bytes(row), as: UTF8.self) }
}
