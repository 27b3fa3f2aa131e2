import Vectors

/// COUNT: rows, or rows without NULL, or rows for which a condition is true.
final class CountState: AggregateState {
    private let countsTrue: Bool
    private var counts = GroupArray<Int64>(0)

    init(countsTrue: Bool) { self.countsTrue = countsTrue }

    func grow(to groups: Int) { counts.grow(to: groups) }

    func add(_ arguments: [Vector], _ rows: GroupedRows) {
        let counts = counts.base
        guard let vector = arguments.first, countsTrue || vector.validity != nil else {
            if let runs = rows.runs {
                for run in runs { counts[run.group] &+= Int64(run.count) }
            } else {
                for row in 0..<rows.count { counts[Int(rows.groups[row])] &+= 1 }
            }
            return
        }
        for row in 0..<rows.count where vector.isValid(row) && (!countsTrue || vector.bools[row] != 0) {
            counts[Int(rows.groups[row])] &+= 1
        }
    }

    func merge(_ other: any AggregateState, groups: [UInt32]) {
        let other = ofThisKind(other)
        for (group, target) in groups.enumerated() where target != KeyTable.none {
            counts[Int(target)] &+= other.counts[group]
        }
    }

    func finish(_ groups: Int) -> Vector {
        let result = Vector.allocate(.number(precision: 18, scale: 0), count: groups)
        for group in 0..<groups { result.int64s[group] = counts[group] }
        return result
    }

    var byteCount: Int { counts.byteCount }
}

/// BOOLAND_AGG, BOOLOR_AGG, BOOLXOR_AGG, and the same for bits.
final class BitState: AggregateState {
    private let function: AggregateFunction
    private let type: SQLType
    private var bits = GroupArray<Int64>(0)
    private var counts = GroupArray<Int64>(0)

    init(_ function: AggregateFunction, _ type: SQLType) {
        self.function = function
        self.type = type
    }

    func grow(to groups: Int) {
        bits.grow(to: groups)
        counts.grow(to: groups)
    }

    func add(_ arguments: [Vector], _ rows: GroupedRows) throws {
        let vector = arguments[0]
        if vector.layout == .int128 {
            throw SQLError(.data, "\(function.rawValue) works on numbers of up to 64 bits")
        }
        for row in 0..<rows.count where vector.isValid(row) {
            let value = vector.layout == .bool ? Int64(vector.bools[row]) : vector.int64s[row]
            combine(Int(rows.groups[row]), value, 1)
        }
    }

    private func combine(_ group: Int, _ value: Int64, _ count: Int64) {
        if counts[group] == 0 {
            bits[group] = value
        } else {
            switch function {
            case .booleanAnd, .bitAnd: bits[group] &= value
            case .booleanOr, .bitOr: bits[group] |= value
            case .booleanXor: bits[group] += value
            default: bits[group] ^= value
            }
        }
        counts[group] += count
    }

    func merge(_ other: any AggregateState, groups: [UInt32]) {
        let other = ofThisKind(other)
        for (group, target) in groups.enumerated() where target != KeyTable.none && other.counts[group] > 0 {
            combine(Int(target), other.bits[group], other.counts[group])
        }
    }

    func finish(_ groups: Int) -> Vector {
        let result = Vector.allocate(type, count: groups, hasValidity: true)
        for group in 0..<groups {
            result.validity?[group] = counts[group] > 0 ? 1 : 0
            switch type {
            case .boolean:
                result.bools[group] =
                    function == .booleanXor
                    ? (bits[group] == 1 ? 1 : 0) : UInt8(truncatingIfNeeded: bits[group])
            default: result.int64s[group] = bits[group]
            }
        }
        return result
    }

    var byteCount: Int { bits.byteCount + counts.byteCount }
}

/// HASH_AGG: the exclusive or and the sum of the rows' hashes.
final class HashState: AggregateState {
    private var sums = GroupArray<UInt64>(0)

    func grow(to groups: Int) { sums.grow(to: groups) }

    func add(_ arguments: [Vector], _ rows: GroupedRows) {
        for row in 0..<rows.count {
            var hash: UInt64 = 0x243F_6A88_85A3_08D3
            for vector in arguments {
                var text = vector.scalar(at: row).description
                hash = StringHash.mix(hash ^ text.withUTF8 { StringHash.hash($0) }, 0x9E37_79B9_7F4A_7C15)
            }
            sums[Int(rows.groups[row])] &+= hash
        }
    }

    func merge(_ other: any AggregateState, groups: [UInt32]) {
        let other = ofThisKind(other)
        for (group, target) in groups.enumerated() where target != KeyTable.none {
            sums[Int(target)] &+= other.sums[group]
        }
    }

    func finish(_ groups: Int) -> Vector {
        let result = Vector.allocate(.number(precision: 19, scale: 0), count: groups)
        for group in 0..<groups { result.int64s[group] = Int64(bitPattern: sums[group]) }
        return result
    }

    var byteCount: Int { sums.byteCount }
}
