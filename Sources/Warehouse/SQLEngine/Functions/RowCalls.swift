import Vectors

/// Calls a function for the rows of a batch, and only as often as it must be: once where all arguments are
/// constant, once for each string in use where one argument is a string of a dictionary no larger than the
/// batch and the others are constant, and otherwise for each row. Rows with a NULL argument give NULL without
/// a call, unless the function is not strict.
struct RowCalls {
    private enum Shape {
        /// All rows are NULL.
        case none
        /// All rows are as row 0.
        case once
        case entries(Entries)
        case each
    }

    /// The strings of a dictionary that are in use, each with a row that has it. NULL counts as one behind
    /// the last.
    private struct Entries {
        let vector: Vector
        let count: Int
        private(set) var used: [(code: Int, row: Int)] = []

        init(_ vector: Vector, _ dictionary: StringDictionary, rows: Int) {
            self.vector = vector
            count = dictionary.count + 1
            var seen = [Bool](repeating: false, count: count)
            seen.withUnsafeMutableBufferPointer { seen in
                let codes = vector.codes
                if let validity = vector.validity {
                    let null = dictionary.count
                    for row in 0..<rows {
                        let code = validity[row] == 0 ? null : Int(codes[row])
                        if seen[code] { continue }
                        seen[code] = true
                        used.append((code, row))
                    }
                } else {
                    for row in 0..<rows where !seen[Int(codes[row])] {
                        seen[Int(codes[row])] = true
                        used.append((Int(codes[row]), row))
                    }
                }
            }
        }

        /// Writes the value of each row's string; `validity` is written where it is one.
        @inline(__always)
        func spread<Value: BitwiseCopyable>(
            _ values: [Value], _ valid: [UInt8], rows: Int, into target: UnsafeMutablePointer<Value>,
            _ validity: UnsafeMutablePointer<UInt8>?
        ) {
            let codes = vector.codes
            values.withUnsafeBufferPointer { values in
                if let source = vector.validity {
                    let null = count - 1
                    for row in 0..<rows { target[row] = values[source[row] == 0 ? null : Int(codes[row])] }
                } else {
                    for row in 0..<rows { target[row] = values[Int(codes[row])] }
                }
            }
            guard let validity else { return }
            valid.withUnsafeBufferPointer { valid in
                let null = count - 1
                for row in 0..<rows { validity[row] = valid[vector.isValid(row) ? Int(codes[row]) : null] }
            }
        }
    }

    private let count: Int
    private let shape: Shape
    /// A byte a row, 0 where the result is NULL without a call.
    private let validity: VectorMemory?

    private init(_ arguments: [Vector], count: Int, isStrict: Bool) {
        self.count = count
        let varying = arguments.filter { !$0.isConstant }
        if count == 0 {
            validity = nil
            shape = .each
            return
        }
        if isStrict, arguments.contains(where: { $0.isConstant && !$0.isValid(0) }) {
            validity = nil
            shape = .none
            return
        }
        validity = isStrict ? Self.combined(varying, count: count) : nil
        if varying.isEmpty {
            shape = .once
        } else if varying.count == 1, varying[0].layout == .string, let dictionary = varying[0].dictionary,
            dictionary.count <= count
        {
            shape = .entries(Entries(varying[0], dictionary, rows: count))
        } else {
            shape = .each
        }
    }

    private static func combined(_ arguments: [Vector], count: Int) -> VectorMemory? {
        let given = arguments.compactMap(\.validity)
        guard !given.isEmpty else { return nil }
        let memory = VectorMemory(byteCount: count)
        let target = memory.pointer.assumingMemoryBound(to: UInt8.self)
        for row in 0..<count { target[row] = given[0][row] == 0 ? 0 : 1 }
        for validity in given.dropFirst() {
            for row in 0..<count { target[row] &= validity[row] == 0 ? 0 : 1 }
        }
        return memory
    }

    @inline(__always)
    private func isCalled(_ row: Int) -> Bool {
        validity.map { $0.pointer.load(fromByteOffset: row, as: UInt8.self) != 0 } ?? true
    }

    // MARK: Text

    /// A vector of the string layout. `body` appends the result of a row and gives `true`, or gives `false`
    /// for NULL.
    @inline(__always)
    static func text(
        _ arguments: [Vector], count: Int, _ type: SQLType = .varchar, isStrict: Bool = true,
        _ body: (_ row: Int, _ output: TextOutput) throws -> Bool
    ) throws -> Vector {
        let calls = RowCalls(arguments, count: count, isStrict: isStrict)
        let output = TextOutput(capacity: min(count, 1024))
        switch calls.shape {
        case .none: return Vector.nulls(type, count: count)
        case .once:
            guard try body(0, output) else { return Vector.nulls(type, count: count) }
            let result = Vector.allocate(type, layout: .string, count: count, dictionary: output.finish())
            result.codes.initialize(repeating: 0, count: count)
            return result.with(isConstant: true)
        case .entries(let entries):
            var codes = [UInt32](repeating: 0, count: entries.count)
            var valid = [UInt8](repeating: 0, count: entries.count)
            var hasNulls = false
            for (code, row) in entries.used {
                let isValid = try calls.isCalled(row) && body(row, output)
                codes[code] = isValid ? UInt32(output.count - 1) : 0
                valid[code] = isValid ? 1 : 0
                hasNulls = hasNulls || !isValid
            }
            let result = Vector.allocate(
                type, layout: .string, count: count, hasValidity: hasNulls, dictionary: output.finish())
            entries.spread(codes, valid, rows: count, into: result.codes, result.validity)
            return result
        case .each:
            let codes = VectorMemory(byteCount: count * 4)
            let target = codes.pointer.bindMemory(to: UInt32.self, capacity: count)
            for row in 0..<count {
                let isValid = try calls.isCalled(row) && body(row, output)
                target[row] = isValid ? UInt32(output.count - 1) : .max
            }
            return calls.assemble(type, output) { target[$0] }
        }
    }

    /// The vector of the codes that `code` gives for each row; those of `UInt32.max` are NULL.
    @inline(__always)
    private func assemble(_ type: SQLType, _ output: TextOutput, _ code: (Int) -> UInt32) -> Vector {
        var hasNulls = false
        for row in 0..<count where code(row) == .max {
            hasNulls = true
            break
        }
        let result = Vector.allocate(
            type, layout: .string, count: count, hasValidity: hasNulls, dictionary: output.finish())
        for row in 0..<count {
            let code = code(row)
            result.codes[row] = code == .max ? 0 : code
            result.validity?[row] = code == .max ? 0 : 1
        }
        return result
    }

    // MARK: Values of a fixed size

    /// A vector of values of a fixed size, of the layout that belongs to `Value`. `body` gives `nil` for
    /// NULL.
    @inline(__always)
    static func values<Value: BitwiseCopyable>(
        _ arguments: [Vector], count: Int, _ type: SQLType, _ layout: Layout, isStrict: Bool = true,
        zero: Value,
        _ body: (_ row: Int) throws -> Value?
    ) throws -> Vector {
        let calls = RowCalls(arguments, count: count, isStrict: isStrict)
        switch calls.shape {
        case .none: return Vector.nulls(type, count: count)
        case .once:
            guard let value = try body(0) else { return Vector.nulls(type, count: count) }
            let result = Vector.allocate(type, layout: layout, count: count)
            result.raw.bindMemory(to: Value.self, capacity: count).initialize(repeating: value, count: count)
            return result.with(isConstant: true)
        case .entries(let entries):
            var values = [Value](repeating: zero, count: entries.count)
            var valid = [UInt8](repeating: 0, count: entries.count)
            var hasNulls = false
            for (code, row) in entries.used {
                let value = try calls.isCalled(row) ? body(row) : nil
                values[code] = value ?? zero
                valid[code] = value == nil ? 0 : 1
                hasNulls = hasNulls || value == nil
            }
            let result = Vector.allocate(type, layout: layout, count: count, hasValidity: hasNulls)
            let target = result.raw.bindMemory(to: Value.self, capacity: count)
            entries.spread(values, valid, rows: count, into: target, result.validity)
            return result
        case .each:
            return try fill(type, layout, count, zero) { calls.isCalled($0) ? try body($0) : nil }
        }
    }

    @inline(__always)
    private static func fill<Value: BitwiseCopyable>(
        _ type: SQLType, _ layout: Layout, _ count: Int, _ zero: Value, _ value: (Int) throws -> Value?
    ) rethrows -> Vector {
        let result = Vector.allocate(type, layout: layout, count: count, hasValidity: true)
        let target = result.raw.bindMemory(to: Value.self, capacity: count)
        var nulls = 0
        for row in 0..<count {
            let value = try value(row)
            (target + row).initialize(to: value ?? zero)
            result.validity?[row] = value == nil ? 0 : 1
            if value == nil { nulls += 1 }
        }
        return nulls == 0 ? result.with(validity: .some(nil)) : result
    }

    @inline(__always)
    static func booleans(
        _ arguments: [Vector], count: Int, isStrict: Bool = true, _ body: (_ row: Int) throws -> Bool?
    ) throws -> Vector {
        try values(arguments, count: count, .boolean, .bool, isStrict: isStrict, zero: UInt8(0)) {
            try body($0).map { $0 ? 1 : 0 }
        }
    }

    @inline(__always)
    static func integers(
        _ arguments: [Vector], count: Int, isStrict: Bool = true, _ body: (_ row: Int) throws -> Int?
    ) throws -> Vector {
        try values(arguments, count: count, .integer, .int64, isStrict: isStrict, zero: Int64(0)) {
            try body($0).map { Int64($0) }
        }
    }

    @inline(__always)
    static func doubles(
        _ arguments: [Vector], count: Int, isStrict: Bool = true, _ body: (_ row: Int) throws -> Double?
    ) throws -> Vector {
        try values(arguments, count: count, .float, .double, isStrict: isStrict, zero: 0.0, body)
    }

    /// NUMBER values of up to 128 bits; the vector has 64 bits a value where all fit.
    @inline(__always)
    static func wides(
        _ arguments: [Vector], count: Int, _ type: SQLType, isStrict: Bool = true,
        _ body: (_ row: Int) throws -> Int128?
    ) throws -> Vector {
        let result = try values(
            arguments, count: count, type, .int128, isStrict: isStrict, zero: Int128(0), body)
        return result.narrowed()
    }
}

/// Collects the strings that a function gives, and sees to it that they stay within bounds.
final class TextOutput {
    /// The longest a text may be, in bytes.
    static let byteCountMax = 134_217_728
    /// The most that the texts of a batch may hold together, in bytes.
    private static let totalMax = 1 << 31

    private let builder: StringDictionaryBuilder
    private var total = 0

    init(capacity: Int) { builder = StringDictionaryBuilder(capacity: capacity) }

    /// How many strings there are.
    var count: Int { builder.count }

    @inline(__always)
    private func admit(_ byteCount: Int) throws(SQLError) {
        total += byteCount
        if byteCount > Self.byteCountMax || total > Self.totalMax { throw Self.tooLong(byteCount) }
    }

    private static func tooLong(_ byteCount: Int) -> SQLError {
        byteCount > byteCountMax
            ? SQLError(
                .data,
                "a text of \(byteCount) bytes is longer than the \(byteCountMax) bytes that fit a VARCHAR")
            : SQLError(.outOfMemory, "the texts of a batch need more than 2 GiB")
    }

    /// Adds a string; gives `true`.
    @inline(__always)
    func append(_ bytes: UnsafeBufferPointer<UInt8>) throws(SQLError) -> Bool {
        try admit(bytes.count)
        builder.append(bytes)
        return true
    }

    /// Adds a string; gives `true`.
    func append(_ bytes: [UInt8]) throws(SQLError) -> Bool {
        try admit(bytes.count)
        builder.append(bytes)
        return true
    }

    /// Adds a string; gives `true`.
    func append(_ string: String) throws(SQLError) -> Bool {
        try admit(string.utf8.count)
        builder.append(string)
        return true
    }

    /// Adds the string that `write` puts into `byteCount` bytes, all of which it fills; gives `true`.
    @inline(__always)
    func append(byteCount: Int, _ write: (UnsafeMutablePointer<UInt8>) -> Void) throws(SQLError) -> Bool {
        try admit(byteCount)
        write(builder.reserve(byteCount))
        builder.commit(byteCount)
        return true
    }

    /// The dictionary; it has at least one string, for the codes of NULL rows to point at.
    func finish() -> StringDictionary {
        if builder.count == 0 { builder.append("") }
        return builder.finish()
    }
}
