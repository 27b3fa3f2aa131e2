import DurableIO
import JSON
import Vectors

/// Digests, and hashes of values.
enum HashFunctions {
    static let all: [ScalarFunction] = [
        digest("MD5", aliases: ["MD5_HEX"], "The MD5 digest as hexadecimal digits.") {
            .hexadecimal(MD5.digest($0))
        },
        digest("MD5_BINARY", "The MD5 digest.") { .bytes(MD5.digest($0)) },
        digest("SHA1", aliases: ["SHA1_HEX"], "The SHA-1 digest as hexadecimal digits.") {
            .hexadecimal(SHA1.digest(Array($0)))
        },
        digest("SHA1_BINARY", "The SHA-1 digest.") { .bytes(SHA1.digest(Array($0))) },
        sha2(
            "SHA2", aliases: ["SHA2_HEX"],
            "The SHA-2 digest of 224, 256 (default), 384 or 512 bits as hexadecimal digits.", .varchar),
        sha2("SHA2_BINARY", aliases: [], "The SHA-2 digest of 224, 256 (default), 384 or 512 bits.", .binary),
        ScalarFunction(
            "HASH", "HASH(value, …)",
            "A number of 64 bits that is the same for equal values, also in other runs; no NULL."
        ) { arguments throws(SQLError) in
            let types = try ScalarFunction.targets("HASH(value, …)", arguments, [.any], 1...Int.max)
            let result = SQLType.number(precision: 19, scale: 0)
            return .init(types, result) { arguments, count, _ in
                let vectors = arguments.map { $0.type.isSemiStructured ? $0.plainJSON() : $0 }
                return try RowCalls.values(
                    vectors, count: count, result, .int64, isStrict: false, zero: Int64(0)
                ) { row in
                    var hash: UInt64 = 0
                    for vector in vectors {
                        hash = StringHash.mix(hash ^ 0x9E37_79B9_7F4A_7C15, HashFunctions.hash(vector, row))
                    }
                    return Int64(bitPattern: hash)
                }
            }
        },
    ]

    private enum Digest {
        case hexadecimal([UInt8])
        case bytes([UInt8])
    }

    private static func digest(
        _ name: String, aliases: [String] = [], _ summary: String,
        _ body: @escaping @Sendable (UnsafeRawBufferPointer) -> Digest
    ) -> ScalarFunction {
        let isBinary = name.hasSuffix("_BINARY")
        return .plain(
            name, aliases: aliases, "\(name)(text)", summary, [.textOrBytes], isBinary ? .binary : .varchar
        ) { arguments, count, _ in
            try RowCalls.text(arguments, count: count, isBinary ? .binary : .varchar) { row, output in
                switch body(UnsafeRawBufferPointer(arguments[0].bytes(row))) {
                case .hexadecimal(let bytes): try output.append(bytes.hexadecimal)
                case .bytes(let bytes): try output.append(bytes)
                }
            }
        }
    }

    private static func sha2(_ name: String, aliases: [String], _ summary: String, _ type: SQLType)
        -> ScalarFunction
    {
        .plain(
            name, aliases: aliases, "\(name)(text[, bits])", summary, [.textOrBytes, .integer], optional: 1,
            type
        ) { arguments, count, _ in
            try RowCalls.text(arguments, count: count, type) { row, output in
                let bits = arguments.count > 1 ? arguments[1].integer(row) : 256
                guard let digest = SHA2.digest(Array(arguments[0].bytes(row)), bits: bits == 0 ? 256 : bits)
                else {
                    throw SQLError(.data, "SHA2 has 224, 256, 384 or 512 bits, not \(bits)")
                }
                return type == .binary ? try output.append(digest) : try output.append(digest.hexadecimal)
            }
        }
    }

    // MARK: Hashes of values

    /// Numbers of different types and scales hash alike where they are equal; NULL has a hash of its own.
    private static func hash(_ vector: Vector, _ row: Int) -> UInt64 {
        guard vector.isValid(row) else { return 0x6A09_E667_F3BC_C908 }
        switch vector.layout {
        case .string: return StringHash.hash(vector.bytes(row))
        case .bool: return StringHash.hash(UInt64(vector.bools[row]))
        case .double: return hash(vector.doubles[row])
        case .int128: return hash(vector.int128s[row], scale: vector.scale)
        case .int64:
            // Timestamps of one instant are equal whatever their offsets are.
            if vector.type == .timestampTZ {
                return StringHash.hash(UInt64(bitPattern: TimestampTZ.utcMicroseconds(vector.int64s[row])))
            }
            return vector.type.isNumeric
                ? hash(Int128(vector.int64s[row]), scale: vector.scale)
                : StringHash.hash(UInt64(bitPattern: vector.int64s[row]))
        }
    }

    /// A number without zeros at its end: its digits and where the point stands.
    private static func hash(_ value: Int128, scale: Int) -> UInt64 {
        var (value, scale) = (value, scale)
        if value == 0 { return StringHash.hash(UInt64(0)) }
        while scale > 0, value % 10 == 0 { (value, scale) = (value / 10, scale - 1) }
        let low = UInt64(truncatingIfNeeded: value)
        let high = UInt64(truncatingIfNeeded: value >> 64)
        let digits = StringHash.hash(low)
        // The high half of what fits 64 bits says nothing.
        let isSmall = Int64(exactly: value) != nil
        return StringHash.mix(
            isSmall ? digits : StringHash.mix(digits, StringHash.hash(high)), UInt64(scale) &+ 0xA076_1D65)
    }

    private static func hash(_ value: Double) -> UInt64 {
        if value.isNaN { return 0x3C6E_F372_FE94_F82B }
        if value.isFinite, case .decimal(let number, let scale) = JSONNumber(value) {
            return hash(number, scale: scale)
        }
        return StringHash.hash(value.bitPattern)
    }
}
