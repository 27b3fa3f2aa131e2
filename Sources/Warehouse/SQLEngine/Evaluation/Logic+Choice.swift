import Vectors

extension Logic {
    /// For each row the first value where a condition is TRUE, otherwise the second; `nil` where the values do not have
    /// the same form of 64 bits.
    static func choice(_ test: Vector, _ first: Vector, _ second: Vector, type: SQLType) -> Vector? {
        let count = test.count
        let (isFirstNull, isSecondNull) = (first.isConstantNull, second.isConstantNull)
        guard !isFirstNull || !isSecondNull, test.layout == .bool else { return nil }
        let form = isFirstNull ? second : first
        guard form.layout == .int64 || form.layout == .double,
            isFirstNull || isSecondNull || (first.layout == second.layout && first.scale == second.scale)
        else { return nil }
        let hasNulls = isFirstNull || isSecondNull || first.validity != nil || second.validity != nil
        let result = Vector.allocate(
            type, layout: form.layout, scale: form.scale, count: count, hasValidity: hasNulls)
        let (bools, target) = (test.bools, result.int64s)
        let one = isFirstNull ? second.int64s : first.int64s
        let other = isSecondNull ? first.int64s : second.int64s
        withTemporaryMemory(of: UInt8.self, capacity: count) { memory in
            guard let chosen = memory.baseAddress else { return }
            for row in 0..<count { chosen[row] = bools[row] != 0 ? 1 : 0 }
            if let validity = test.validity {
                for row in 0..<count { chosen[row] &= validity[row] != 0 ? 1 : 0 }
            }
            for row in 0..<count { target[row] = chosen[row] != 0 ? one[row] : other[row] }
            guard let validity = result.validity else { return }
            for row in 0..<count {
                let isFirst = chosen[row] != 0
                let isNull = isFirst ? isFirstNull : isSecondNull
                let source = isFirst ? first.validity : second.validity
                validity[row] = isNull || source?[row] == 0 ? 0 : 1
            }
        }
        withExtendedLifetime((test, first, second)) {}
        return result
    }
}
