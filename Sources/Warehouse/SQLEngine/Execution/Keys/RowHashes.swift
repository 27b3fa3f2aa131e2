import JSON
import Vectors

/// Hashes of rows by content: rows with equal keys have equal hashes, whatever batch, layout or dictionary
/// they come in. NULLs hash as one value. For partitioning; `KeyTable` is for finding.
enum RowHashes {
    private static let ofNull: UInt64 = 0x9C3A_1F0B_66D2_54E7

    /// Writes a hash of each of the batch's rows by these columns.
    static func compute(_ batch: Batch, columns: [Int], into hashes: UnsafeMutablePointer<UInt64>) {
        hashes.initialize(repeating: 0x51ED_270B_3C6E_F372, count: batch.count)
        for column in columns { add(batch.columns[column], batch.count, to: hashes) }
    }

    @inline(__always)
    private static func combine(_ state: UInt64, _ value: UInt64) -> UInt64 {
        StringHash.hash(state ^ value) &+ (state &<< 1)
    }

    private static func add(_ vector: Vector, _ count: Int, to hashes: UnsafeMutablePointer<UInt64>) {
        let vector = vector.type.isSemiStructured ? vector.asJSONText() : vector
        let type = vector.type
        @inline(__always)
        func each(_ value: (Int) -> UInt64) {
            if let validity = vector.validity {
                for row in 0..<count {
                    hashes[row] = combine(hashes[row], validity[row] == 0 ? ofNull : value(row))
                }
            } else {
                for row in 0..<count { hashes[row] = combine(hashes[row], value(row)) }
            }
        }
        switch vector.layout {
        case .bool: each { UInt64(vector.bools[$0] == 0 ? 0 : 1) }
        case .int64 where type == .float:
            let power = decimalPower(vector.scale)
            each { UInt64(bitPattern: KeyValue.bits(Double(vector.int64s[$0]) / power)) }
        case .int64 where type == .timestampTZ:
            each { UInt64(bitPattern: TimestampTZ.utcMicroseconds(vector.int64s[$0])) }
        case .int64: each { UInt64(bitPattern: vector.int64s[$0]) }
        case .int128 where type == .float:
            let power = decimalPower(vector.scale)
            each { UInt64(bitPattern: KeyValue.bits(Double(vector.int128s[$0]) / power)) }
        case .int128:
            each { row in
                let value = vector.int128s[row]
                if let small = Int64(exactly: value) { return UInt64(bitPattern: small) }
                return StringHash.mix(
                    UInt64(truncatingIfNeeded: value), UInt64(truncatingIfNeeded: value >> 64) | 1)
            }
        case .double: each { UInt64(bitPattern: KeyValue.bits(vector.doubles[$0])) }
        case .string: addStrings(vector, count, to: hashes)
        }
    }

    private static func addStrings(_ vector: Vector, _ count: Int, to hashes: UnsafeMutablePointer<UInt64>) {
        guard let dictionary = vector.dictionary else { return }
        // Each string is hashed once where that is less work.
        let ofCodes =
            dictionary.count <= count ? (0..<dictionary.count).map { StringHash.hash(dictionary[$0]) } : []
        for row in 0..<count {
            let value: UInt64
            if !vector.isValid(row) {
                value = ofNull
            } else {
                let code = Int(vector.codes[row])
                value = ofCodes.isEmpty ? StringHash.hash(dictionary[code]) : ofCodes[code]
            }
            hashes[row] = combine(hashes[row], value)
        }
    }
}
