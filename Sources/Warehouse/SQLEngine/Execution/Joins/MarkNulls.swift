import JSON
import Vectors

/// The marks of a mark join: TRUE for rows with a match; of the others, NULL where some build row may be
/// equal but for NULLs, as `IN` says. Complete when made; any thread may use it.
final class MarkNulls: @unchecked Sendable {
    // Filled before it is shared and never changed after.

    private let probeKeys: [Int]
    private let buildKeys: [Int]
    private let nullSafe: [Bool]
    /// How many of the keys, from the first on, IN compares. NULLs in the others just do not match.
    private let compared: Int
    private let buildIsEmpty: Bool
    private let buildHasNulls: Bool
    /// The build rows with NULL in a compared key.
    private let nullRows: [UInt32]

    /// What is known of the build side when it is in files.
    struct Known: Sendable {
        var isEmpty: Bool
        var hasNulls: Bool
    }

    init(
        _ build: JoinRows, probeKeys: [Int], buildKeys: [Int], nullSafe: [Bool], compared: Int, known: Known?
    ) {
        self.probeKeys = probeKeys
        self.buildKeys = buildKeys
        self.nullSafe = nullSafe
        self.compared = min(compared, probeKeys.count)
        let columns = (0..<self.compared).filter { !nullSafe[$0] }.map { build.columns[buildKeys[$0]] }
            .filter { $0.validity != nil }
        nullRows =
            columns.isEmpty
            ? []
            : (0..<build.count).filter { row in columns.contains { !$0.isValid(row) } }.map { UInt32($0) }
        buildIsEmpty = known?.isEmpty ?? (build.count == 0)
        buildHasNulls = known?.hasNulls ?? !nullRows.isEmpty
    }

    /// The marks of a batch.
    func vector(_ batch: Batch, matched: UnsafePointer<UInt8>, _ parts: JoinParts) throws -> Vector {
        let columns = (0..<compared).filter { !nullSafe[$0] }.map { batch.columns[probeKeys[$0]] }
        let mayBeNull = !buildIsEmpty && (buildHasNulls || columns.contains { $0.validity != nil })
        let result = Vector.allocate(.boolean, count: batch.count, hasValidity: mayBeNull)
        result.bools.update(from: matched, count: batch.count)
        guard mayBeNull, let validity = result.validity else { return result }
        let isSimple = probeKeys.count == 1 && parts.residual == nil
        for row in 0..<batch.count {
            var isUnknown = false
            if matched[row] == 0 {
                let isNull = columns.contains { !$0.isValid(row) }
                if isNull || buildHasNulls {
                    isUnknown = try isSimple || mayEqual(batch, row, isNull, parts)
                }
            }
            validity[row] = isUnknown ? 0 : 1
        }
        return result
    }

    /// Whether a row without a match may equal some build row but for NULLs.
    private func mayEqual(_ batch: Batch, _ row: Int, _ isNull: Bool, _ parts: JoinParts) throws -> Bool {
        let total = isNull ? parts.build.count : nullRows.count
        let memory = VectorMemory(byteCount: Batch.rowsMax * 8)
        defer { withExtendedLifetime(memory) {} }
        let probeRows = memory.pointer.assumingMemoryBound(to: UInt32.self)
        let buildRows = probeRows + Batch.rowsMax
        var place = 0
        while place < total {
            try parts.context.checkInterruption()
            var count = 0
            while place < total, count < Batch.rowsMax {
                let other = isNull ? UInt32(place) : nullRows[place]
                place += 1
                guard mayEqual(batch, row, parts.build, Int(other)) else { continue }
                guard parts.residual != nil else { return true }
                probeRows[count] = UInt32(row)
                buildRows[count] = other
                count += 1
            }
            guard count > 0, let residual = parts.residual else { continue }
            let pairs = JoinPairs.combined(
                batch, parts.build, probeRows, buildRows, count, hasNone: false, probesLeft: true)
            let truths = try residual.evaluate(pairs, parts.context.evaluation)
            if JoinPairs.filter(probeRows, buildRows, count, by: truths) > 0 { return true }
        }
        return false
    }

    private func mayEqual(_ batch: Batch, _ row: Int, _ build: JoinRows, _ other: Int) -> Bool {
        for key in probeKeys.indices {
            let first = batch.columns[probeKeys[key]]
            let second = build.columns[buildKeys[key]]
            let areValid = (first.isValid(row), second.isValid(other))
            if areValid == (true, true) {
                if !KeyEquality.equal(first, row, second, other) { return false }
            } else if nullSafe[key] {
                if areValid != (false, false) { return false }
            } else if key >= compared {
                return false
            }
        }
        return true
    }
}

/// Compares single values as keys.
enum KeyEquality {
    /// Whether two values, which are not NULL, are equal.
    static func equal(_ first: Vector, _ row: Int, _ second: Vector, _ other: Int) -> Bool {
        if first.type.isSemiStructured {
            return first.variantText(at: row).utf8.elementsEqual(second.variantText(at: other).utf8)
        }
        if first.type == .float {
            return KeyValue.bits(double(first, row)) == KeyValue.bits(double(second, other))
        }
        switch first.layout {
        case .bool: return (first.bools[row] != 0) == (second.bools[other] != 0)
        case .double: return KeyValue.bits(first.doubles[row]) == KeyValue.bits(second.doubles[other])
        case .string: return first.bytes(row).elementsEqual(second.bytes(other))
        case .int64, .int128:
            if first.type == .timestampTZ {
                return TimestampTZ.utcMicroseconds(first.int64s[row])
                    == TimestampTZ.utcMicroseconds(second.int64s[other])
            }
            return integer(first, row) == integer(second, other)
        }
    }

    static func integer(_ vector: Vector, _ row: Int) -> Int128 {
        vector.layout == .int128 ? vector.int128s[row] : Int128(vector.int64s[row])
    }

    static func double(_ vector: Vector, _ row: Int) -> Double {
        switch vector.layout {
        case .int64: Double(vector.int64s[row]) / decimalPower(vector.scale)
        case .int128: Double(vector.int128s[row]) / decimalPower(vector.scale)
        default: vector.doubles[row]
        }
    }
}
