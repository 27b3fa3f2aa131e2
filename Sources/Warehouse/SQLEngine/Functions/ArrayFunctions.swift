import Vectors

/// Functions of ARRAYs. Elements are equal where their JSON texts are, which are in one form.
enum ArrayFunctions {
    static let all: [ScalarFunction] = making + asking + changing + sets + ordering

    typealias Bytes = UTF8Bytes.Bytes

    // MARK: Making

    private static func construct(_ name: String, _ summary: String, keepsNulls: Bool) -> ScalarFunction {
        let signature = "\(name)(value, …)"
        return ScalarFunction(name, signature, summary) { arguments throws(SQLError) in
            let types = try ScalarFunction.targets(signature, arguments, [.variant], 0...Int.max)
            return .init(types, .array) { arguments, count, _ in
                let values = arguments.map { $0.plainJSON() }
                return try RowCalls.text(values, count: count, .array, isStrict: false) { row, output in
                    var result: [UInt8] = [UInt8(ascii: "[")]
                    for value in values where keepsNulls || value.isValid(row) {
                        if result.count > 1 { result.append(UInt8(ascii: ",")) }
                        if value.isValid(row) { result += value.bytes(row) } else { result += "null".utf8 }
                    }
                    result.append(UInt8(ascii: "]"))
                    return try output.append(result)
                }
            }
        }
    }

    private static let making: [ScalarFunction] = [
        construct("ARRAY_CONSTRUCT", "An array of values; NULL becomes null.", keepsNulls: true),
        construct(
            "ARRAY_CONSTRUCT_COMPACT", "An array of those values that are not NULL.", keepsNulls: false),
        .plain(
            "ARRAY_GENERATE_RANGE", "ARRAY_GENERATE_RANGE(start, stop[, step])",
            "The whole numbers from one up to, but not including, another.", [.integer, .integer, .integer],
            optional: 1, .array
        ) { arguments, count, _ in
            try RowCalls.text(arguments, count: count, .array) { row, output in
                let (start, stop) = (arguments[0].integer(row), arguments[1].integer(row))
                let step = arguments.count > 2 ? arguments[2].integer(row) : 1
                guard step != 0 else { throw SQLError(.data, "the step of ARRAY_GENERATE_RANGE cannot be 0") }
                // An element takes two bytes at least.
                let elements = (Int128(stop) - Int128(start)) / Int128(step)
                guard elements < TextOutput.byteCountMax / 2 else {
                    throw SQLError(.data, "an array of \(elements) elements is longer than an ARRAY can be")
                }
                var result: [UInt8] = [UInt8(ascii: "[")]
                var next = start
                while step > 0 ? next < stop : next > stop {
                    if result.count > 1 { result.append(UInt8(ascii: ",")) }
                    result += String(next).utf8
                    // Longer ones are refused below.
                    if result.count > TextOutput.byteCountMax { break }
                    let (sum, overflow) = next.addingReportingOverflow(step)
                    if overflow { break }
                    next = sum
                }
                result.append(UInt8(ascii: "]"))
                return try output.append(result)
            }
        },
        .plain(
            "SPLIT", "SPLIT(text, delimiter)", "The parts of a text between delimiters, as an ARRAY.",
            [.text, .text], .array
        ) { arguments, count, _ in
            try RowCalls.text(arguments, count: count, .array) { row, output in
                var result: [UInt8] = [UInt8(ascii: "[")]
                for part in Splits(arguments[0].bytes(row), delimiter: arguments[1].bytes(row)) {
                    if result.count > 1 { result.append(UInt8(ascii: ",")) }
                    result += JSONSlices.quoted(part)
                }
                result.append(UInt8(ascii: "]"))
                return try output.append(result)
            }
        },
        .plain(
            "STRTOK_TO_ARRAY", "STRTOK_TO_ARRAY(text[, delimiters])",
            "The parts of a text between any of some characters, as an ARRAY.", [.text, .text], optional: 1,
            .array
        ) { arguments, count, _ in
            try RowCalls.text(arguments, count: count, .array) { row, output in
                let delimiters = arguments.count > 1 ? UTF8Bytes.scalars(arguments[1].bytes(row)) : [0x20]
                var tokens = Tokens(arguments[0].bytes(row), delimiters: delimiters)
                var result: [UInt8] = [UInt8(ascii: "[")]
                while let token = tokens.next() {
                    if result.count > 1 { result.append(UInt8(ascii: ",")) }
                    result += JSONSlices.quoted(token)
                }
                result.append(UInt8(ascii: "]"))
                return try output.append(result)
            }
        },
    ]

    // MARK: Asking

    private static let asking: [ScalarFunction] = [
        .plain(
            "ARRAY_SIZE", "ARRAY_SIZE(array)", "How many elements an array has; NULL of other values.",
            [.variant], .integer
        ) { arguments, count, _ in
            let arrays = arguments[0].plainJSON()
            return try RowCalls.integers([arrays], count: count) { JSONSlices.elementCount(arrays.bytes($0)) }
        },
        .plain(
            "ARRAY_CONTAINS", "ARRAY_CONTAINS(variant, array)",
            "Whether a value is among the elements of an array; of NULL, TRUE or NULL.",
            [.variant, .array], .boolean
        ) { arguments, count, _ in
            let (values, arrays) = (arguments[0].plainJSON(), arguments[1].plainJSON())
            return try RowCalls.booleans([values, arrays], count: count, isStrict: false) { row in
                guard arrays.isValid(row), let elements = JSONSlices.elements(arrays.bytes(row)) else {
                    return nil
                }
                // NULL in an array is null.
                guard values.isValid(row) else {
                    return elements.contains(where: JSONSlices.isNull) ? true : nil
                }
                let value = values.bytes(row)
                return elements.contains { JSONSlices.areSame($0, value) }
            }
        },
        .plain(
            "ARRAY_POSITION", "ARRAY_POSITION(variant, array)",
            "The place, from 0, of the first element that is a value; NULL if none is.", [.variant, .array],
            .integer
        ) { arguments, count, _ in
            let (values, arrays) = (arguments[0].plainJSON(), arguments[1].plainJSON())
            return try RowCalls.integers([values, arrays], count: count) { row in
                let value = values.bytes(row)
                return JSONSlices.elements(arrays.bytes(row))?.firstIndex {
                    JSONSlices.areSame($0, value)
                }
            }
        },
        .plain(
            "ARRAY_TO_STRING", "ARRAY_TO_STRING(array, separator)",
            "The elements as text with a separator between them.",
            [.array, .text], .varchar
        ) { arguments, count, _ in
            let arrays = arguments[0].plainJSON()
            return try RowCalls.text([arrays, arguments[1]], count: count) { row, output in
                var result: [UInt8] = []
                for (place, element) in (JSONSlices.elements(arrays.bytes(row)) ?? []).enumerated() {
                    if place > 0 { result += arguments[1].bytes(row) }
                    if element.first == 0x22 {
                        result += JSONSlices.characters(element)
                    } else if !JSONSlices.isNull(element) {
                        result += element
                    }
                }
                return try output.append(result)
            }
        },
    ]

    // MARK: Changing

    /// A function that makes another array of one. `body` gets the elements and the row, and gives `nil` for
    /// NULL.
    static func change(
        _ name: String, _ signature: String, _ summary: String, _ further: [ArgumentKind] = [],
        optional: Int = 0,
        _ body:
            @escaping @Sendable (_ elements: [Bytes], _ arguments: [Vector], _ row: Int) throws -> [Bytes]?
    ) -> ScalarFunction {
        .plain(name, signature, summary, [.array] + further, optional: optional, .array) {
            arguments, count, _ in
            let vectors = arguments.map { $0.type.isSemiStructured ? $0.plainJSON() : $0 }
            return try RowCalls.text(vectors, count: count, .array) { row, output in
                let elements = JSONSlices.elements(vectors[0].bytes(row)) ?? []
                guard let result = try body(elements, vectors, row) else { return false }
                return try output.append(JSONSlices.array(result))
            }
        }
    }

    private static let changing: [ScalarFunction] = [
        change(
            "ARRAY_SLICE", "ARRAY_SLICE(array, from, to)",
            "The elements from one place to before another; places from 0, or from the end where negative.",
            [.integer, .integer]
        ) { elements, arguments, row in
            let ends = arguments[1...].map { argument in
                let place = argument.integer(row)
                return place < 0 ? max(0, place + elements.count) : min(place, elements.count)
            }
            return ends[0] < ends[1] ? Array(elements[ends[0]..<ends[1]]) : []
        },
        extend(
            "ARRAY_APPEND", "ARRAY_APPEND(array, value)", "The array with a value behind its elements.",
            atStart: false),
        extend(
            "ARRAY_PREPEND", "ARRAY_PREPEND(array, value)", "The array with a value before its elements.",
            atStart: true),
        change(
            "ARRAY_CAT", "ARRAY_CAT(array, array)", "The elements of two arrays, one behind the other.",
            [.array]
        ) {
            $0 + (JSONSlices.elements($1[1].bytes($2)) ?? [])
        },
        change("ARRAY_COMPACT", "ARRAY_COMPACT(array)", "The elements that are not null.") { elements, _, _ in
            elements.filter { !JSONSlices.isNull($0) }
        },
        change("ARRAY_REVERSE", "ARRAY_REVERSE(array)", "The elements from the last to the first.") {
            elements, _, _ in
            elements.reversed()
        },
        change("ARRAY_FLATTEN", "ARRAY_FLATTEN(array)", "The elements of the arrays in an array.") {
            elements, _, _ in
            var result: [Bytes] = []
            for element in elements {
                if JSONSlices.isNull(element) { return nil }
                guard let inner = JSONSlices.elements(element) else {
                    throw SQLError(
                        .data, "ARRAY_FLATTEN takes an array of arrays, of which \(text(element)) is none")
                }
                result += inner
            }
            return result
        },
    ]

    private static func text(_ bytes: Bytes) -> String { String(decoding: bytes.prefix(100), as: UTF8.self) }

    private static func extend(
        _ name: String, _ signature: String, _ summary: String, atStart: Bool
    ) -> ScalarFunction {
        .plain(name, signature, summary, [.array, .variant], .array) { arguments, count, _ in
            let (arrays, values) = (arguments[0].plainJSON(), arguments[1].plainJSON())
            let null = Array("null".utf8)
            return try RowCalls.text([arrays, values], count: count, .array, isStrict: false) { row, output in
                guard arrays.isValid(row) else { return false }
                let elements = JSONSlices.elements(arrays.bytes(row)) ?? []
                return try null.withUnsafeBufferPointer { null in
                    let value = values.isValid(row) ? values.bytes(row) : null
                    return try output.append(
                        JSONSlices.array(atStart ? [value] + elements : elements + [value]))
                }
            }
        }
    }
}
