import JSON
import Vectors

/// Numbers that are the same for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_F491_4F6C_DD1D
    }
}

/// A row as a value that tells apart whatever must come back.
enum RowValue: Hashable {
    case null, jsonNull
    case integer(Int128, scale: Int)
    case double(UInt64)
    case truth(Bool)
    case bytes([UInt8])

    init(_ vector: Vector, _ row: Int) {
        if let validity = vector.validity, validity[row] != 1 {
            self = validity[row] == 0 ? .null : .jsonNull
            return
        }
        switch vector.layout {
        case .bool: self = .truth(vector.bools[row] != 0)
        case .double: self = .double(vector.doubles[row].bitPattern)
        case .string: self = .bytes(Array(vector.bytes(row)))
        case .int64, .int128:
            let value = vector.layout == .int64 ? Int128(vector.int64s[row]) : vector.int128s[row]
            self =
                vector.type == .float
                ? .double((Double(value) / decimalPower(vector.scale)).bitPattern)
                : .integer(value, scale: vector.scale)
        }
    }

    static func all(_ vector: Vector) -> [RowValue] { (0..<vector.count).map { RowValue(vector, $0) } }
}

/// Vectors of many shapes.
enum RandomVectors {
    static func integers(_ count: Int, type: SQLType = .integer, _ value: (Int) -> Int64) -> Vector {
        let vector = Vector.allocate(type, layout: .int64, count: count)
        for row in 0..<count { vector.int64s[row] = value(row) }
        return vector
    }

    static func doubles(_ count: Int, type: SQLType = .float, _ value: (Int) -> Double) -> Vector {
        let vector = Vector.allocate(type, layout: .double, scale: 0, count: count)
        for row in 0..<count { vector.doubles[row] = value(row) }
        return vector
    }

    static func strings(_ strings: [String], type: SQLType = .varchar) -> Vector {
        let builder = StringDictionaryBuilder()
        let vector = Vector.allocate(type, layout: .string, count: strings.count)
        for (row, string) in strings.enumerated() {
            builder.append(string)
            vector.codes[row] = UInt32(row)
        }
        if strings.isEmpty { builder.append("") }
        return vector.with(dictionary: builder.finish())
    }

    static func bools(_ count: Int, _ value: (Int) -> Bool) -> Vector {
        let vector = Vector.allocate(.boolean, count: count)
        for row in 0..<count { vector.bools[row] = value(row) ? 1 : 0 }
        return vector
    }

    static func wide(_ count: Int, scale: Int = 2, _ value: (Int) -> Int128) -> Vector {
        let vector = Vector.allocate(.number(precision: 38, scale: scale), layout: .int128, count: count)
        for row in 0..<count { vector.int128s[row] = value(row) }
        return vector
    }

    static func withStates(_ vector: Vector, _ state: (Int) -> UInt8) -> Vector {
        let memory = VectorMemory(byteCount: max(1, vector.count))
        let states = memory.pointer.assumingMemoryBound(to: UInt8.self)
        for row in 0..<vector.count { states[row] = state(row) }
        return vector.with(validity: .some(states), alsoKeeping: memory)
    }

    /// Integers of one of many shapes.
    static func shaped(_ count: Int, _ shape: Int, _ random: inout SeededGenerator) -> Vector {
        var current = Int64.random(in: -1000...1000, using: &random)
        let width = Int64.random(in: 0...62, using: &random)
        return integers(count) { row in
            switch shape {
            case 0: return 7
            case 1: return row % 997 == 0 ? Int64.random(in: .min ... .max, using: &random) : Int64(row / 50)
            case 2: return Int64(row) * 60 - 5
            case 3: return Int64.random(in: -(1 << width)...(1 << width), using: &random)
            case 4:
                current &+= Int64.random(in: -31...31, using: &random)
                return current
            case 5: return Int64.random(in: 0...49, using: &random) == 0 ? .max - Int64(row) : Int64(row % 5)
            case 6: return row % 2 == 0 ? .min : .max
            case 7: return Int64(bitPattern: random.next())
            case 8: return row % 300 == 299 ? -1_000_000 : Int64(row) << 20
            case 9: return row == count - 1 ? 1 : 0
            case 10: return Int64.min + Int64(row % 3)
            default: return (row / 700) % 2 == 0 ? 1 << 40 : Int64(row)
            }
        }
    }

    static let shapes = 12
}
