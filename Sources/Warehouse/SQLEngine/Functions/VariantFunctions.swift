import JSON
import Vectors

/// Functions that look into VARIANTs, and tell and change what they are.
enum VariantFunctions {
    static let all: [ScalarFunction] = access + kinds + conversions

    // MARK: Access

    private static let access: [ScalarFunction] = [
        get(
            "GET", "The value of a key of an object, or of an element of an array, counted from 0.",
            ignoresCase: false),
        get("GET_IGNORE_CASE", "The value of a key of an object, in whatever case.", ignoresCase: true),
        .plain(
            "GET_PATH", "GET_PATH(variant, path)", "The value at the end of a path such as 'a.b[0]'.",
            [.variant, .text],
            .variant
        ) { arguments, count, _ in
            let variants = arguments[0].plainJSON()
            var cache = KeyedCache<JSONPath>()
            return try RowCalls.text([variants, arguments[1]], count: count, .variant) { row, output in
                let path = try cache.value(Array(arguments[1].bytes(row))) {
                    JSONPath(try VariantPath.parse(arguments[1].string(row)))
                }
                let text = variants.bytes(row)
                guard let range = path.find(in: text, keysAreUnique: true) else { return false }
                return try output.append(UTF8Bytes.slice(text, range.lowerBound, range.upperBound))
            }
        },
        .plain(
            "OBJECT_KEYS", "OBJECT_KEYS(object)", "The keys of an object as an ARRAY; NULL of other values.",
            [.variant], .array
        ) { arguments, count, _ in
            let objects = arguments[0].plainJSON()
            return try RowCalls.text([objects], count: count, .array) { row, output in
                guard let members = JSONSlices.members(objects.bytes(row)) else { return false }
                return try output.append(JSONSlices.array(members.map(\.key)))
            }
        },
    ]

    private static func get(_ name: String, _ summary: String, ignoresCase: Bool) -> ScalarFunction {
        let signature = ignoresCase ? "\(name)(variant, key)" : "\(name)(variant, key or index)"
        return ScalarFunction(name, signature, summary) { arguments throws(SQLError) in
            let isIndex = arguments.count == 2 && arguments[1].type.isNumeric && !ignoresCase
            let types = try ScalarFunction.targets(
                signature, arguments, [.variant, isIndex ? .integer : .text], 2...2)
            return .init(types, .variant) { arguments, count, _ in
                let variants = arguments[0].plainJSON()
                if ignoresCase { return try getIgnoringCase(variants, arguments[1], count: count) }
                var cache = KeyedCache<JSONPath>()
                return try RowCalls.text([variants, arguments[1]], count: count, .variant) { row, output in
                    let text = variants.bytes(row)
                    let path: JSONPath
                    if isIndex {
                        path = JSONPath([.index(arguments[1].integer(row))])
                    } else {
                        path = cache.value(Array(arguments[1].bytes(row))) {
                            JSONPath([.key(arguments[1].string(row))])
                        }
                    }
                    guard let range = path.find(in: text, keysAreUnique: true) else { return false }
                    return try output.append(UTF8Bytes.slice(text, range.lowerBound, range.upperBound))
                }
            }
        }
    }

    /// The key as it is written comes first, then the first that is the same in another case.
    private static func getIgnoringCase(_ variants: Vector, _ keys: Vector, count: Int) throws -> Vector {
        try RowCalls.text([variants, keys], count: count, .variant) { row, output in
            guard let members = JSONSlices.members(variants.bytes(row)) else { return false }
            let key = keys.bytes(row)
            let folded = UTF8Bytes.scalars(key).map(TextCase.folded)
            var found: UTF8Bytes.Bytes?
            for member in members {
                let name = JSONSlices.characters(member.key)
                if name.elementsEqual(key) { return try output.append(member.value) }
                let isSame = name.withUnsafeBufferPointer {
                    UTF8Bytes.scalars($0).map(TextCase.folded) == folded
                }
                if found == nil, isSame { found = member.value }
            }
            guard let found else { return false }
            return try output.append(found)
        }
    }

    // MARK: Kinds

    private static func test(_ name: String, aliases: [String] = [], _ what: String, _ kinds: Set<JSONKind>)
        -> ScalarFunction
    {
        .plain(
            name, aliases: aliases, "\(name)(variant)", "Whether a VARIANT holds \(what).", [.variant],
            .boolean
        ) {
            arguments, count, _ in
            let variants = VariantKinds.uniform(arguments[0])
            let reader = VariantKinds(variants)
            return try RowCalls.booleans([variants], count: count) { kinds.contains(reader.kind($0)) }
        }
    }

    private static let kinds: [ScalarFunction] = [
        .plain("TYPEOF", "TYPEOF(variant)", "The name of what a VARIANT holds.", [.variant], .varchar) {
            arguments, count, _ in
            let variants = VariantKinds.uniform(arguments[0])
            let reader = VariantKinds(variants)
            return try RowCalls.text([variants], count: count) { row, output in
                try output.append(reader.kind(row).description)
            }
        },
        test("IS_NULL_VALUE", "JSON's null", [.null]),
        test("IS_OBJECT", "an object", [.object]),
        test("IS_ARRAY", "an array", [.array]),
        test("IS_VARCHAR", aliases: ["IS_CHAR"], "text", [.string]),
        test("IS_INTEGER", "a whole number", [.integer]),
        test("IS_DECIMAL", "a decimal", [.integer, .decimal]),
        test("IS_DOUBLE", aliases: ["IS_REAL"], "a number", [.integer, .decimal, .double]),
        test("IS_BOOLEAN", "true or false", [.boolean]),
        test("IS_BINARY", "BINARY", [.binary]),
        test("IS_DATE", aliases: ["IS_DATE_VALUE"], "a DATE", [.date]),
        test("IS_TIME", "a TIME", [.time]),
        test("IS_TIMESTAMP_NTZ", "a TIMESTAMP_NTZ", [.timestampNTZ]),
        test("IS_TIMESTAMP_LTZ", "a TIMESTAMP_LTZ", [.timestampLTZ]),
        test("IS_TIMESTAMP_TZ", "a TIMESTAMP_TZ", [.timestampTZ]),
        cast("AS_VARCHAR", aliases: ["AS_CHAR"], "The text", [.string], .varchar),
        cast("AS_INTEGER", "The whole number", [.integer], .integer),
        cast("AS_DOUBLE", aliases: ["AS_REAL"], "The number", [.integer, .decimal, .double], .float),
        cast("AS_BOOLEAN", "The BOOLEAN", [.boolean], .boolean),
        cast("AS_BINARY", "The BINARY", [.binary], .binary),
        cast("AS_DATE", "The DATE", [.date], .date),
        cast("AS_TIME", "The TIME", [.time], .time),
        cast("AS_TIMESTAMP_NTZ", "The TIMESTAMP_NTZ", [.timestampNTZ], .timestampNTZ),
        cast("AS_TIMESTAMP_LTZ", "The TIMESTAMP_LTZ", [.timestampLTZ], .timestampLTZ),
        cast("AS_TIMESTAMP_TZ", "The TIMESTAMP_TZ", [.timestampTZ], .timestampTZ),
        cast("AS_OBJECT", "The object", [.object], .object),
        cast("AS_ARRAY", "The array", [.array], .array),
        ScalarFunction(
            "AS_NUMBER", aliases: ["AS_DECIMAL"], "AS_NUMBER(variant[, precision[, scale]])",
            "The decimal that a VARIANT holds; NULL if it holds something else."
        ) { arguments throws(SQLError) in
            let signature = "AS_NUMBER(variant[, precision[, scale]])"
            let types = try ScalarFunction.targets(
                signature, arguments, [.variant, .integer, .integer], 1...3)
            let type = try ConversionFunctions.numberType(arguments.dropFirst(), signature)
            return .init(types, type) { arguments, _, context in
                try converted(arguments[0], [.integer, .decimal], type, context)
            }
        },
    ]

    private static func cast(
        _ name: String, aliases: [String] = [], _ what: String, _ kinds: Set<JSONKind>, _ type: SQLType
    ) -> ScalarFunction {
        .plain(
            name, aliases: aliases, "\(name)(variant)",
            "\(what) that a VARIANT holds; NULL if it holds something else.",
            [.variant], type
        ) { arguments, _, context in
            try converted(arguments[0], kinds, type, context)
        }
    }

    /// The values of certain kinds as `type`, all others NULL.
    private static func converted(
        _ vector: Vector, _ kinds: Set<JSONKind>, _ type: SQLType, _ context: EvaluationContext
    ) throws -> Vector {
        let variants = VariantKinds.uniform(vector)
        let reader = VariantKinds(variants)
        let fits = try RowCalls.booleans([variants], count: variants.count) {
            kinds.contains(reader.kind($0))
        }
        let memory = VectorMemory(byteCount: max(1, vector.count))
        let validity = memory.pointer.bindMemory(to: UInt8.self, capacity: max(1, vector.count))
        for row in 0..<vector.count { validity[row] = fits.isValid(row) ? fits.bools[row] : 0 }
        let masked = variants.with(
            type: .variant, scale: variants.scale, validity: .some(validity), alsoKeeping: memory)
        return try Casts.bind(from: .variant, to: type, isTry: false)(masked, context)
    }

    // MARK: Conversions

    private static let conversions: [ScalarFunction] = [
        parser("PARSE_JSON", "The value that a JSON text tells; NULL of blank text.", isTry: false),
        parser("TRY_PARSE_JSON", "The value that a JSON text tells; NULL if it is none.", isTry: true),
        .plain(
            "CHECK_JSON", "CHECK_JSON(text)", "What is wrong with a JSON text; NULL if nothing is.", [.text],
            .varchar
        ) { arguments, count, _ in
            let tape = JSONTape()
            return try RowCalls.text(arguments, count: count) { row, output in
                do throws(JSONError) {
                    try tape.parse(arguments[0].bytes(row), duplicates: .reject, syntax: .lenient)
                    return false
                } catch {
                    return error.reason == .empty ? false : try output.append(error.description)
                }
            }
        },
        .plain("TO_JSON", "TO_JSON(variant)", "The JSON text of a VARIANT.", [.variant], .varchar) {
            arguments, _, _ in
            arguments[0].plainJSON().asPlainJSONText().with(type: .varchar, isJSON: false)
        },
        .plain(
            "STRIP_NULL_VALUE", "STRIP_NULL_VALUE(variant)", "The VARIANT, but NULL for JSON's null.",
            [.variant], .variant
        ) { arguments, count, _ in
            let variants = arguments[0].plainJSON()
            return try RowCalls.text([variants], count: count, .variant) { row, output in
                let text = variants.bytes(row)
                return try JSONSlices.isNull(text) ? false : output.append(text)
            }
        },
        .plain("TO_VARIANT", "TO_VARIANT(value)", "The value as a VARIANT.", [.variant], .variant) {
            arguments, _, _ in
            arguments[0].with(type: .variant, scale: arguments[0].scale)
        },
        .plain("TO_OBJECT", "TO_OBJECT(variant)", "The VARIANT as an OBJECT.", [.object], .object) {
            arguments, _, _ in
            arguments[0]
        },
        ScalarFunction(
            "TO_ARRAY", "TO_ARRAY(value)",
            "An ARRAY as it is, any other value as the one element of an ARRAY."
        ) { arguments throws(SQLError) in
            let types = try ScalarFunction.targets("TO_ARRAY(value)", arguments, [.variant], 1...1)
            return .init(types, .array) { arguments, count, _ in
                let variants = arguments[0].plainJSON()
                return try RowCalls.text([variants], count: count, .array) { row, output in
                    let text = variants.bytes(row)
                    if JSONSlices.isNull(text) { return false }
                    return try output.append(
                        JSONSlices.isArray(text) ? Array(text) : JSONSlices.array([text]))
                }
            }
        },
    ]

    private static func parser(_ name: String, _ summary: String, isTry: Bool) -> ScalarFunction {
        .plain(name, "\(name)(text[, 'd'])", summary, [.text, .text], optional: 1, .variant) {
            arguments, count, _ in
            let tape = JSONTape()
            return try RowCalls.text(arguments, count: count, .variant) { row, output in
                let text = arguments[0].bytes(row)
                // Anything but "d" asks for what holds without it.
                let takesLast = arguments.count > 1 && arguments[1].string(row) == "d"
                do throws(JSONError) {
                    try tape.parse(text, duplicates: takesLast ? .lastWins : .reject, syntax: .lenient)
                } catch {
                    if isTry || text.allSatisfy({ $0 <= 0x20 }) { return false }
                    throw SQLError(.data, "Error parsing JSON: \(error.description)")
                }
                var writer = JSONWriter(capacity: text.count)
                tape.appendCanonical(0, to: &writer)
                return try output.append(writer.bytes)
            }
        }
    }
}
