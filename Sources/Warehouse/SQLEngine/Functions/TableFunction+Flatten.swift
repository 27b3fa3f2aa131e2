import JSON
package import Vectors

extension TableFunction {
    /// Which values FLATTEN opens.
    package enum FlattenMode: Sendable {
        case objects, arrays, both

        /// OBJECT, ARRAY or BOTH, in whatever case.
        package init(_ text: String) throws(SQLError) {
            switch text.uppercased() {
            case "OBJECT": self = .objects
            case "ARRAY": self = .arrays
            case "BOTH": self = .both
            default:
                throw SQLError(.data, "the mode of FLATTEN is 'OBJECT', 'ARRAY' or 'BOTH', not '\(text)'")
            }
        }
    }

    static let flatten = TableFunction(
        name: "FLATTEN",
        signature:
            "FLATTEN(INPUT => variant[, PATH => text][, OUTER => boolean][, RECURSIVE => boolean][, MODE => text])",
        summary: "A row for each element of an array and each member of an object.",
        parameters: [
            .init(name: "INPUT", type: .variant),
            .init(name: "PATH", type: .varchar, defaultValue: .text(""), isConstant: true),
            .init(name: "OUTER", type: .boolean, defaultValue: .boolean(false), isConstant: true),
            .init(name: "RECURSIVE", type: .boolean, defaultValue: .boolean(false), isConstant: true),
            .init(name: "MODE", type: .varchar, defaultValue: .text("BOTH"), isConstant: true),
        ],
        columns: [
            ("SEQ", .integer), ("KEY", .varchar), ("PATH", .varchar), ("INDEX", .integer),
            ("VALUE", .variant),
            ("THIS", .variant),
        ]
    ) { arguments, count, firstSequence, wanted in
        guard count > 0 else {
            let types: [SQLType] = [.integer, .varchar, .varchar, .integer, .variant, .variant]
            return Output(rows: [], columns: types.map { Vector.nulls($0, count: 0) })
        }
        let path = arguments[1].isValid(0) ? arguments[1].string(0) : ""
        let (rows, columns) = try flatten(
            arguments[0], path: path, isOuter: arguments[2].isValid(0) && arguments[2].bools[0] != 0,
            isRecursive: arguments[3].isValid(0) && arguments[3].bools[0] != 0,
            mode: arguments[4].isValid(0) ? FlattenMode(arguments[4].string(0)) : .both,
            firstSequence: firstSequence,
            wanted: wanted)
        return Output(rows: rows, columns: columns)
    }

    /// The elements of the arrays and the members of the objects of a column.
    ///
    /// - Parameters:
    ///   - path: where in each value the one stands that is opened; empty for the value itself.
    ///   - isOuter: whether a row that gives nothing gives one of NULLs.
    ///   - isRecursive: whether the elements are opened, too.
    ///   - firstSequence: the SEQ of the first row.
    ///   - wanted: which of the columns are; the others may be NULL.
    /// - Returns: the row of the input to which each row belongs, and the columns SEQ, KEY, PATH, INDEX,
    ///   VALUE and THIS.
    package static func flatten(
        _ input: Vector, path: String = "", isOuter: Bool = false, isRecursive: Bool = false,
        mode: FlattenMode = .both,
        firstSequence: Int64 = 1, wanted: [Bool] = []
    ) throws -> (rows: [UInt32], columns: [Vector]) {
        let values = input.plainJSON()
        let steps = try VariantPath.parse(path)
        let way = JSONPath(steps)
        var prefix: [UInt8] = []
        for step in steps {
            switch step {
            case .key(let key): Flattening.append(key: Array(key.utf8), to: &prefix)
            case .index(let index): prefix += "[\(index)]".utf8
            }
        }
        var flattening = Flattening(
            count: values.count, isRecursive: isRecursive, mode: mode,
            wanted: wanted.isEmpty ? Array(repeating: true, count: 6) : wanted)
        for row in 0..<values.count {
            let first = flattening.rows.count
            var opened: UTF8Bytes.Bytes?
            if values.isValid(row) {
                let text = values.bytes(row)
                opened = way.find(in: text, keysAreUnique: true).map {
                    UTF8Bytes.slice(text, $0.lowerBound, $0.upperBound)
                }
            }
            if let opened { try flattening.open(opened, path: &prefix, row: UInt32(row)) }
            if isOuter, flattening.rows.count == first {
                try flattening.addOuter(opened, path: prefix, row: UInt32(row))
            }
        }
        return (flattening.rows, flattening.columns(firstSequence: firstSequence))
    }
}

/// Collects the rows of FLATTEN.
private struct Flattening {
    typealias Bytes = UTF8Bytes.Bytes

    let isRecursive: Bool
    let mode: TableFunction.FlattenMode
    let wanted: [Bool]
    private(set) var rows: [UInt32] = []
    private var indexes: [Int64] = []
    private var indexValidity: [UInt8] = []
    private var keys: Texts
    private var paths: Texts
    private var values: Texts
    private var thises: Texts

    private struct Texts {
        let output: TextOutput
        var codes: [UInt32] = []

        mutating func append(_ bytes: Bytes?) throws(SQLError) {
            guard let bytes else { return codes.append(.max) }
            codes.append(UInt32(output.count))
            _ = try output.append(bytes)
        }

        func vector(_ type: SQLType) -> Vector {
            let hasNulls = codes.contains(.max)
            let result = Vector.allocate(
                type, layout: .string, count: codes.count, hasValidity: hasNulls, dictionary: output.finish())
            for (row, code) in codes.enumerated() {
                result.codes[row] = code == .max ? 0 : code
                result.validity?[row] = code == .max ? 0 : 1
            }
            return result
        }
    }

    init(count: Int, isRecursive: Bool, mode: TableFunction.FlattenMode, wanted: [Bool]) {
        self.isRecursive = isRecursive
        self.mode = mode
        self.wanted = wanted
        keys = Texts(output: TextOutput(capacity: count))
        paths = Texts(output: TextOutput(capacity: count))
        values = Texts(output: TextOutput(capacity: count))
        thises = Texts(output: TextOutput(capacity: count))
    }

    /// Adds a row for each element or member of a value that the mode opens, and where it is recursive for
    /// each of theirs.
    ///
    /// - Parameter path: where the value stands; the same again after the call.
    mutating func open(_ value: Bytes, path: inout [UInt8], row: UInt32) throws {
        let elements = JSONSlices.elements(value) ?? []
        let members = elements.isEmpty ? JSONSlices.members(value) ?? [] : []
        let isListed = elements.isEmpty ? mode != .arrays && !members.isEmpty : mode != .objects
        guard isListed || isRecursive else { return }
        let this = UInt32(thises.output.count)
        if wanted[5], isListed { _ = try thises.output.append(value) }
        let length = path.count
        for (index, element) in elements.enumerated() {
            if wanted[2] { Self.append(index: index, to: &path) }
            if isListed { try add(row: row, key: nil, index: index, path: path, value: element, this: this) }
            if isRecursive { try open(element, path: &path, row: row) }
            path.removeLast(path.count - length)
        }
        for member in members {
            let key = JSONSlices.characters(member.key)
            if wanted[2] { Self.append(key: key, to: &path) }
            if isListed {
                try add(row: row, key: key, index: nil, path: path, value: member.value, this: this)
            }
            if isRecursive { try open(member.value, path: &path, row: row) }
            path.removeLast(path.count - length)
        }
    }

    /// Adds the row of a value that gives no others.
    mutating func addOuter(_ value: Bytes?, path: [UInt8], row: UInt32) throws {
        let this = value == nil ? UInt32.max : UInt32(thises.output.count)
        if wanted[5], let value { _ = try thises.output.append(value) }
        try add(row: row, key: nil, index: nil, path: path, value: nil, this: this)
    }

    private mutating func add(
        row: UInt32, key: [UInt8]?, index: Int?, path: [UInt8], value: Bytes?, this: UInt32
    ) throws {
        rows.append(row)
        indexes.append(Int64(index ?? 0))
        indexValidity.append(index == nil ? 0 : 1)
        if wanted[1] {
            if let key {
                try key.withUnsafeBufferPointer { try keys.append($0) }
            } else {
                try keys.append(nil)
            }
        }
        if wanted[2] { try path.withUnsafeBufferPointer { try paths.append($0) } }
        if wanted[4] { try values.append(value) }
        if wanted[5] { thises.codes.append(this) }
    }

    private static func append(index: Int, to path: inout [UInt8]) {
        path.append(UInt8(ascii: "["))
        if index < 10 { path.append(0x30 + UInt8(index)) } else { path += String(index).utf8 }
        path.append(UInt8(ascii: "]"))
    }

    /// `a`, `a.b`, or where the key is no plain name `a['b c']`.
    static func append(key: [UInt8], to path: inout [UInt8]) {
        let isName = key.enumerated().allSatisfy { place, byte in
            (byte | 0x20) &- 0x61 < 26 || byte == UInt8(ascii: "_")
                || (place > 0 && (byte &- 0x30 < 10 || byte == UInt8(ascii: "$")))
        }
        if isName, !key.isEmpty {
            if !path.isEmpty { path.append(UInt8(ascii: ".")) }
            path += key
        } else {
            path += "['".utf8
            for byte in key { path += byte == UInt8(ascii: "'") ? [byte, byte] : [byte] }
            path += "']".utf8
        }
    }

    func columns(firstSequence: Int64) -> [Vector] {
        let count = rows.count
        return [
            TableFunction.integers(rows.map { firstSequence + Int64($0) }),
            wanted[1] ? keys.vector(.varchar) : .nulls(.varchar, count: count),
            wanted[2] ? paths.vector(.varchar) : .nulls(.varchar, count: count),
            TableFunction.integers(indexes, validity: indexValidity),
            wanted[4] ? values.vector(.variant) : .nulls(.variant, count: count),
            wanted[5] ? thises.vector(.variant) : .nulls(.variant, count: count),
        ]
    }
}
