import Vectors

/// The values of a long IN list.
final class ConstantSet: Sendable {
    private let integers: Set<Int128>
    private let strings: Set<[UInt8]>
    private let hasNull: Bool
    private let scale: Int

    /// A set of values that have been cast to `type`; `nil` for types that it does not hold.
    init?(_ values: [Scalar], _ type: SQLType) {
        var integers: Set<Int128> = []
        var strings: Set<[UInt8]> = []
        var hasNull = false
        for value in values {
            switch value {
            case .null: hasNull = true
            case .number(let value, _): integers.insert(value)
            case .temporal(let value, _) where type != .timestampTZ: integers.insert(Int128(value))
            case .text(let text) where type == .varchar: strings.insert(Array(text.utf8))
            default: return nil
            }
        }
        self.integers = integers
        self.strings = strings
        self.hasNull = hasNull
        scale = type.scale
    }

    /// TRUE where the value is in the set, NULL where it is not known to be or not to be.
    func contains(_ vector: Vector, count: Int) throws -> Vector {
        let result = Vector.allocate(.boolean, count: count, hasValidity: vector.validity != nil || hasNull)
        let isFound = found(in: vector, count: count)
        for row in 0..<count {
            result.bools[row] = isFound[row] ? 1 : 0
            result.validity?[row] = vector.isValid(row) && (isFound[row] || !hasNull) ? 1 : 0
        }
        return result
    }

    private func found(in vector: Vector, count: Int) -> [Bool] {
        switch vector.layout {
        case .int64:
            let small = Set(integers.compactMap { Int64(exactly: $0) })
            return (0..<count).map { small.contains(vector.int64s[$0]) }
        case .int128: return (0..<count).map { integers.contains(vector.int128s[$0]) }
        case .string:
            guard let dictionary = vector.dictionary else { return [Bool](repeating: false, count: count) }
            guard dictionary.count <= 2 * count else {
                return (0..<count).map { vector.isValid($0) && strings.contains(Array(vector.bytes($0))) }
            }
            let known = (0..<dictionary.count).map { strings.contains(Array(dictionary[$0])) }
            return (0..<count).map { known[Int(vector.codes[$0])] }
        default: return [Bool](repeating: false, count: count)
        }
    }
}
