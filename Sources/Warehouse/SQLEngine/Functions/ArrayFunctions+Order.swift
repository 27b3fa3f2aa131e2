import JSON
import Vectors

/// Functions that compare the elements of ARRAYs.
extension ArrayFunctions {
    // MARK: Sets

    static let sets: [ScalarFunction] = [
        change(
            "ARRAY_DISTINCT", "ARRAY_DISTINCT(array)",
            "Each element once, in the order of their first places."
        ) { elements, _, _ in
            var seen: Set<[UInt8]> = []
            return elements.filter { seen.insert(JSONSlices.sameness($0)).inserted }
        },
        change(
            "ARRAY_INTERSECTION", "ARRAY_INTERSECTION(array, array)",
            "The elements that both arrays have, as often as the one that has them less often.", [.array]
        ) { elements, arguments, row in
            var counts = occurrences(arguments[1].bytes(row))
            return elements.filter { take($0, &counts) }
        },
        change(
            "ARRAY_EXCEPT", "ARRAY_EXCEPT(array, array)",
            "The elements of the first array without those of the second.",
            [.array]
        ) { elements, arguments, row in
            var counts = occurrences(arguments[1].bytes(row))
            return elements.filter { !take($0, &counts) }
        },
        .plain(
            "ARRAYS_OVERLAP", "ARRAYS_OVERLAP(array, array)", "Whether two arrays have an element in common.",
            [.array, .array], .boolean
        ) { arguments, count, _ in
            let (left, right) = (arguments[0].plainJSON(), arguments[1].plainJSON())
            return try RowCalls.booleans([left, right], count: count) { row in
                let counts = occurrences(right.bytes(row))
                return (JSONSlices.elements(left.bytes(row)) ?? []).contains {
                    counts[JSONSlices.sameness($0)] != nil
                }
            }
        },
    ]

    private static func occurrences(_ array: Bytes) -> [[UInt8]: Int] {
        (JSONSlices.elements(array) ?? []).reduce(into: [:]) { $0[JSONSlices.sameness($1), default: 0] += 1 }
    }

    private static func take(_ element: Bytes, _ counts: inout [[UInt8]: Int]) -> Bool {
        let key = JSONSlices.sameness(element)
        guard let count = counts[key], count > 0 else { return false }
        counts[key] = count - 1
        return true
    }

    // MARK: Order

    static let ordering: [ScalarFunction] = [
        change(
            "ARRAY_SORT", "ARRAY_SORT(array[, ascending[, nulls first]])",
            "The elements in order; null comes last, or first where the order is descending.",
            [.boolean, .boolean], optional: 2
        ) { elements, arguments, row in
            let isAscending = arguments.count < 2 || arguments[1].bools[row] != 0
            let nullsFirst = arguments.count < 3 ? !isAscending : arguments[2].bools[row] != 0
            let nulls = elements.filter(JSONSlices.isNull)
            var values = elements.filter { !JSONSlices.isNull($0) }.map(Ordered.init)
            // Equal elements have equal texts, so that it does not matter which comes first.
            values.sort { isAscending ? $0 < $1 : $1 < $0 }
            let sorted = values.map(\.text)
            return nullsFirst ? nulls + sorted : sorted + nulls
        },
        extreme("ARRAY_MIN", "The least element that is not null.", isGreatest: false),
        extreme("ARRAY_MAX", "The greatest element that is not null.", isGreatest: true),
    ]

    private static func extreme(_ name: String, _ summary: String, isGreatest: Bool) -> ScalarFunction {
        .plain(name, "\(name)(array)", summary, [.array], .variant) { arguments, count, _ in
            let arrays = arguments[0].plainJSON()
            return try RowCalls.text([arrays], count: count, .variant) { row, output in
                let elements = (JSONSlices.elements(arrays.bytes(row)) ?? []).filter {
                    !JSONSlices.isNull($0)
                }
                let values = elements.map(Ordered.init)
                guard let best = isGreatest ? values.max(by: <) : values.min(by: <) else { return false }
                return try output.append(best.text)
            }
        }
    }

    /// A JSON value in an order of all: booleans, numbers, strings, arrays, objects.
    private struct Ordered {
        private enum Value {
            case decimal(Int128, scale: Int)
            case double(Double)
            case bytes([UInt8])
        }

        let text: Bytes
        private let rank: Int
        private let value: Value

        init(_ text: Bytes) {
            self.text = text
            switch JSONPath.kind(of: text) {
            case .double where text.first == 0x22:
                // A FLOAT; no number is greater than NaN.
                let number = Double(String(decoding: JSONSlices.characters(text), as: UTF8.self)) ?? .nan
                (rank, value) = (1, .double(number.isNaN ? .infinity : number))
            case .integer, .decimal, .double, nil:
                rank = 1
                if case .decimal(let number, let scale) = JSONNumber(text) {
                    value = .decimal(number, scale: scale)
                } else {
                    value = .double(JSONNumber(text).double)
                }
            case .string, .date, .time, .timestampNTZ, .timestampLTZ, .timestampTZ, .binary:
                (rank, value) = (2, .bytes(JSONSlices.characters(text)))
            case .array: (rank, value) = (3, .bytes(Array(text)))
            case .object: (rank, value) = (4, .bytes(Array(text)))
            case .boolean, .null: (rank, value) = (0, .bytes(Array(text)))
            }
        }

        private var double: Double {
            switch value {
            case .decimal(let number, let scale): JSONNumber.decimal(number, scale: scale).double
            case .double(let number): number
            case .bytes: 0
            }
        }

        static func < (left: Ordered, right: Ordered) -> Bool {
            guard left.rank == right.rank else { return left.rank < right.rank }
            switch (left.value, right.value) {
            case (.bytes(let first), .bytes(let second)): return first.lexicographicallyPrecedes(second)
            case (.decimal(let first, let firstScale), .decimal(let second, let secondScale)):
                let scale = max(firstScale, secondScale)
                if let first = DecimalMath.shifted(first, by: scale - firstScale),
                    let second = DecimalMath.shifted(second, by: scale - secondScale)
                {
                    return first < second
                }
                return left.double < right.double
            default: return left.double < right.double
            }
        }
    }
}
