import Vectors

/// Functions that make and change OBJECTs.
enum ObjectFunctions {
    static let all: [ScalarFunction] = [
        construct(
            "OBJECT_CONSTRUCT", "An object of keys and values, without those that are NULL.",
            keepsNulls: false),
        construct(
            "OBJECT_CONSTRUCT_KEEP_NULL", "An object of keys and values; NULL becomes null.", keepsNulls: true
        ),
        insert, choice("OBJECT_DELETE", "The object without some keys.", keeps: false),
        choice("OBJECT_PICK", "The object with some of its keys alone.", keeps: true),
    ]

    private typealias Bytes = UTF8Bytes.Bytes

    // MARK: Making

    private static func construct(_ name: String, _ summary: String, keepsNulls: Bool) -> ScalarFunction {
        let signature = "\(name)(key, value, …)"
        return ScalarFunction(name, signature, summary) { arguments throws(SQLError) in
            guard arguments.count % 2 == 0 else {
                throw SQLError(.invalid, "a key has no value: write \(signature)")
            }
            let kinds: [ArgumentKind] = arguments.indices.map { $0 % 2 == 0 ? .text : .variant }
            let types = try ScalarFunction.targets(signature, arguments, kinds, 0...Int.max)
            return .init(types, .object) { arguments, count, _ in
                let keys = stride(from: 0, to: arguments.count, by: 2).map { arguments[$0] }
                let values = stride(from: 1, to: arguments.count, by: 2).map { arguments[$0].plainJSON() }
                return try construct(keys, values, count: count, keepsNulls)
            }
        }
    }

    private static func construct(_ keys: [Vector], _ values: [Vector], count: Int, _ keepsNulls: Bool) throws
        -> Vector
    {
        let areConstant = keys.allSatisfy(\.isConstant)
        var fixedOrder: [Int]?
        return try RowCalls.text(keys + values, count: count, .object, isStrict: false) { row, output in
            let order = try fixedOrder ?? orderOfKeys(keys, row)
            if areConstant { fixedOrder = order }
            var result: [UInt8] = [UInt8(ascii: "{")]
            var last: Bytes?
            for place in order where values[place].isValid(row) || keepsNulls {
                let key = keys[place].bytes(row)
                if let last, UTF8Bytes.equal(last, key) {
                    throw SQLError(.data, "Duplicate field key '\(String(decoding: key, as: UTF8.self))'")
                }
                last = key
                if result.count > 1 { result.append(UInt8(ascii: ",")) }
                result += JSONSlices.quoted(key)
                result.append(UInt8(ascii: ":"))
                if values[place].isValid(row) {
                    result += values[place].bytes(row)
                } else {
                    result += "null".utf8
                }
            }
            result.append(UInt8(ascii: "}"))
            return try output.append(result)
        }
    }

    /// The places of the keys that are not NULL, in the order of the keys.
    private static func orderOfKeys(_ keys: [Vector], _ row: Int) throws -> [Int] {
        keys.indices.filter { keys[$0].isValid(row) }.sorted {
            UTF8Bytes.less(keys[$0].bytes(row), keys[$1].bytes(row))
        }
    }

    // MARK: Changing

    private static let insert = ScalarFunction(
        "OBJECT_INSERT", "OBJECT_INSERT(object, key, value[, update])",
        "The object with one more key, or with another value of a key where update is TRUE."
    ) { arguments throws(SQLError) in
        let kinds: [ArgumentKind] = [.object, .text, .variant, .boolean]
        let signature = "OBJECT_INSERT(object, key, value[, update])"
        let types = try ScalarFunction.targets(signature, arguments, kinds, 3...4)
        return .init(types, .object) { arguments, count, _ in
            let objects = arguments[0].plainJSON()
            let values = arguments[2].plainJSON()
            let all = [objects, arguments[1], values] + arguments.dropFirst(3)
            return try RowCalls.text(all, count: count, .object, isStrict: false) { row, output in
                guard objects.isValid(row), arguments[1].isValid(row),
                    arguments.dropFirst(3).allSatisfy({ $0.isValid(row) })
                else { return false }
                let updates = arguments.count > 3 && arguments[3].bools[row] != 0
                let value = values.isValid(row) ? values.bytes(row) : nil
                return try output.append(
                    inserted(arguments[1].bytes(row), value, updates, into: objects.bytes(row)))
            }
        }
    }

    /// - Parameter value: `nil` for NULL, which is not inserted, and for which an update removes the key.
    private static func inserted(
        _ key: Bytes, _ value: Bytes?, _ updates: Bool, into object: Bytes
    ) throws(SQLError) -> [UInt8] {
        let quoted = JSONSlices.quoted(key)
        return try quoted.withUnsafeBufferPointer { quoted throws(SQLError) in
            var members = JSONSlices.members(object) ?? []
            let names = members.map { JSONSlices.characters($0.key) }
            if let place = names.firstIndex(where: { $0.elementsEqual(key) }) {
                guard updates else {
                    throw SQLError(
                        .data,
                        "Duplicate field key '\(String(decoding: key, as: UTF8.self))': TRUE as fourth argument updates it"
                    )
                }
                if let value { members[place].value = value } else { members.remove(at: place) }
            } else if let value {
                let place =
                    names.firstIndex { $0.withUnsafeBufferPointer { UTF8Bytes.less(key, $0) } }
                    ?? members.count
                members.insert((quoted, value), at: place)
            }
            return joined(members)
        }
    }

    private static func joined(_ members: [(key: Bytes, value: Bytes)]) -> [UInt8] {
        var result: [UInt8] = [UInt8(ascii: "{")]
        for member in members {
            if result.count > 1 { result.append(UInt8(ascii: ",")) }
            result += member.key
            result.append(UInt8(ascii: ":"))
            result += member.value
        }
        result.append(UInt8(ascii: "}"))
        return result
    }

    private static func choice(_ name: String, _ summary: String, keeps: Bool) -> ScalarFunction {
        let signature = "\(name)(object, key, …)"
        return ScalarFunction(name, signature, summary) { arguments throws(SQLError) in
            let isArray =
                arguments.count == 2 && (arguments[1].type == .array || arguments[1].type == .variant)
            let kinds: [ArgumentKind] = [.object, isArray ? .array : .text]
            let types = try ScalarFunction.targets(signature, arguments, kinds, 2...Int.max)
            return .init(types, .object) { arguments, count, _ in
                let objects = arguments[0].plainJSON()
                let keys = arguments.dropFirst().map { isArray ? $0.plainJSON() : $0 }
                return try RowCalls.text([objects] + keys, count: count, .object, isStrict: false) {
                    row, output in
                    guard objects.isValid(row) else { return false }
                    var names: Set<[UInt8]> = []
                    for key in keys where key.isValid(row) {
                        if isArray {
                            for element in JSONSlices.elements(key.bytes(row)) ?? [] {
                                names.insert(JSONSlices.characters(element))
                            }
                        } else {
                            names.insert(Array(key.bytes(row)))
                        }
                    }
                    let members = JSONSlices.members(objects.bytes(row)) ?? []
                    return try output.append(
                        joined(members.filter { names.contains(JSONSlices.characters($0.key)) == keeps }))
                }
            }
        }
    }
}
