package import Vectors

/// Three-valued logic over BOOLEAN vectors, and what conditions are used for.
package enum Logic {
    /// AND: FALSE where any operand is, otherwise NULL where any is, otherwise TRUE.
    package static func and(_ operands: [Vector], count: Int) -> Vector {
        combine(operands, count: count, deciding: 0)
    }

    /// OR: TRUE where any operand is, otherwise NULL where any is, otherwise FALSE.
    package static func or(_ operands: [Vector], count: Int) -> Vector {
        combine(operands, count: count, deciding: 1)
    }

    /// - Parameter deciding: the value of which one operand is enough: 0 for AND, 1 for OR.
    private static func combine(_ operands: [Vector], count: Int, deciding: UInt8) -> Vector {
        let hasNulls = operands.contains { $0.validity != nil }
        let result = Vector.allocate(.boolean, count: count, hasValidity: hasNulls)
        let target = result.bools
        target.initialize(repeating: deciding ^ 1, count: count)
        let isConstant = operands.allSatisfy(\.isConstant)
        guard let validity = result.validity else {
            for operand in operands {
                let source = operand.bools
                if deciding == 0 {
                    for row in 0..<count { target[row] &= source[row] }
                } else {
                    for row in 0..<count { target[row] |= source[row] }
                }
            }
            return result.with(isConstant: isConstant)
        }
        // Until the end the validity tells whether all operands have a value, and the target whether none
        // decides.
        validity.initialize(repeating: 1, count: count)
        target.initialize(repeating: 1, count: count)
        for operand in operands {
            let source = operand.bools
            if let valid = operand.validity {
                for row in 0..<count {
                    target[row] &= ~(valid[row] & (source[row] ^ deciding ^ 1))
                    validity[row] &= valid[row]
                }
            } else {
                for row in 0..<count { target[row] &= ~(source[row] ^ deciding ^ 1) }
            }
        }
        for row in 0..<count {
            let undecided = target[row] & 1
            validity[row] |= undecided ^ 1
            target[row] = undecided ^ deciding
        }
        return result.with(isConstant: isConstant).droppingNeedlessValidity()
    }

    /// NOT; NULL stays NULL.
    package static func not(_ vector: Vector) -> Vector {
        let result = Vector.allocate(.boolean, count: vector.count)
        let (source, target) = (vector.bools, result.bools)
        for row in 0..<vector.count { target[row] = (source[row] & 1) ^ 1 }
        return result.withNulls(of: vector).with(isConstant: vector.isConstant)
    }

    /// IS NULL, or IS NOT NULL; of a vector of any type. JSON null is not NULL.
    package static func isNull(_ vector: Vector, negated: Bool = false) -> Vector {
        let result = Vector.allocate(.boolean, count: vector.count)
        let target = result.bools
        guard let validity = vector.validity else {
            target.initialize(repeating: negated ? 1 : 0, count: vector.count)
            return result.with(isConstant: true)
        }
        let null: UInt8 = negated ? 0 : 1
        for row in 0..<vector.count { target[row] = validity[row] == 0 ? null : null ^ 1 }
        return result.with(isConstant: vector.isConstant)
    }

    /// IS [NOT] TRUE, IS [NOT] FALSE; never NULL.
    package static func isBoolean(_ vector: Vector, _ value: Bool, negated: Bool = false) -> Vector {
        let result = Vector.allocate(.boolean, count: vector.count)
        let (source, target) = (vector.bools, result.bools)
        let (other, flip): (UInt8, UInt8) = (value ? 0 : 1, negated ? 1 : 0)
        if let validity = vector.validity {
            for row in 0..<vector.count { target[row] = (validity[row] & (source[row] ^ other) & 1) ^ flip }
        } else {
            for row in 0..<vector.count { target[row] = ((source[row] ^ other) & 1) ^ flip }
        }
        return result.with(isConstant: vector.isConstant)
    }

    /// Writes the rows at which a condition is TRUE, rising, and gives their number. Room for
    /// `condition.count` is needed.
    package static func selectedRows(_ condition: Vector, into rows: UnsafeMutablePointer<UInt32>) -> Int {
        let count = condition.count
        if condition.isConstant, count > 0 {
            guard condition.isValid(0), condition.bools[0] != 0 else { return 0 }
            for row in 0..<count { rows[row] = UInt32(truncatingIfNeeded: row) }
            return count
        }
        let values = condition.bools
        var selected = 0
        // Every row is written; only the selected ones move on, so that nothing depends on a guess of the
        // processor.
        if let validity = condition.validity {
            for row in 0..<count {
                rows[selected] = UInt32(truncatingIfNeeded: row)
                selected &+= Int(values[row] & validity[row])
            }
        } else {
            for row in 0..<count {
                rows[selected] = UInt32(truncatingIfNeeded: row)
                selected &+= Int(values[row])
            }
        }
        return selected
    }

    /// The same among rows that are given: those of `candidates` at which the condition, which has a value
    /// for each candidate in turn, is TRUE go to `selected`, the others to `rest`. The number selected.
    package static func partition(
        _ condition: Vector, _ candidates: UnsafePointer<UInt32>, selected: UnsafeMutablePointer<UInt32>,
        rest: UnsafeMutablePointer<UInt32>
    ) -> Int {
        var (taken, left) = (0, 0)
        let values = condition.bools
        for index in 0..<condition.count {
            let row = candidates[index]
            let isTrue = Int(values[index] & (condition.validity.map { $0[index] } ?? 1))
            selected[taken] = row
            rest[left] = row
            taken &+= isTrue
            left &+= 1 &- isTrue
        }
        return taken
    }
}
