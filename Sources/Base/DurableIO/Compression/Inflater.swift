/// Reads one deflate stream (RFC 1951).
///
/// Codes are looked up by their next `PrefixCode.fastBits` bits; longer ones, which are rare, are read bit by
/// bit by the counts of each length.
struct Inflater {
    private var input: CompressedInput
    private var bits: UInt64 = 0
    private var bitCount = 0
    private var block = Block.none
    private var isLast = false

    /// What is left of the block that is being read.
    private enum Block {
        case none
        case stored(Int)
        case compressed(PrefixCode, PrefixCode)
    }

    /// The input behind the stream, once `inflate` has returned.
    var rest: CompressedInput { input }

    init(_ input: CompressedInput) {
        self.input = input
    }

    /// Puts out what comes next, until the output has `count` bytes or a few more, or the stream ends.
    ///
    /// - Returns: whether the stream has ended.
    mutating func inflate(into output: inout MatchOutput, until count: Int = .max) throws -> Bool {
        while output.count < count {
            switch block {
            case .none:
                if isLast {
                    // Bits are taken from the input byte by byte as they are needed, so what is left of the
                    // last byte is padding.
                    bits = 0
                    bitCount = 0
                    return true
                }
                try beginBlock()
            case .stored(let left):
                let piece = try input.some(of: min(left, count - output.count))
                try output.append(piece)
                block = left == piece.count ? .none : .stored(left - piece.count)
            case .compressed(let literals, let distances):
                if try compressed(literals, distances, into: &output, until: count) { block = .none }
            }
        }
        return false
    }

    private mutating func beginBlock() throws {
        isLast = try take(1) == 1
        switch try take(2) {
        case 0:
            bits = 0
            bitCount = 0
            let length = try input.littleEndian(UInt16.self)
            guard try input.littleEndian(UInt16.self) == ~length else {
                throw input.corrupt("the length of a stored block does not agree with its complement")
            }
            block = length > 0 ? .stored(Int(length)) : .none
        case 1: block = .compressed(.fixedLiterals, .fixedDistances)
        case 2:
            let (literals, distances) = try dynamicCodes()
            block = .compressed(literals, distances)
        default: throw input.corrupt("a block's type is unknown")
        }
    }

    /// Whether the block has ended.
    private mutating func compressed(
        _ literals: PrefixCode, _ distances: PrefixCode, into output: inout MatchOutput, until count: Int
    ) throws -> Bool {
        while output.count < count {
            let symbol = try decode(literals)
            if symbol < 256 {
                try output.append(UInt8(symbol))
                continue
            }
            if symbol == 256 { return true }
            guard symbol < 286 else { throw input.corrupt("length code \(symbol) is unknown") }
            let (base, extra) = Self.lengths[symbol - 257]
            let length = base + Int(try take(extra))
            let code = try decode(distances)
            guard code < 30 else { throw input.corrupt("distance code \(code) is unknown") }
            let (start, more) = Self.distances[code]
            try output.repeatBytes(distance: start + Int(try take(more)), length: length)
        }
        return false
    }

    private mutating func dynamicCodes() throws -> (PrefixCode, PrefixCode) {
        let literalCount = Int(try take(5)) + 257
        let distanceCount = Int(try take(5)) + 1
        let lengthCount = Int(try take(4)) + 4
        var codeLengths = [UInt8](repeating: 0, count: 19)
        let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
        for index in 0..<lengthCount { codeLengths[order[index]] = UInt8(try take(3)) }
        guard let code = PrefixCode(lengths: codeLengths) else {
            throw input.corrupt("the code of the code lengths is over-full")
        }
        var lengths: [UInt8] = []
        while lengths.count < literalCount + distanceCount {
            let symbol = try decode(code)
            switch symbol {
            case 0...15: lengths.append(UInt8(symbol))
            case 16:
                guard let last = lengths.last else {
                    throw input.corrupt("there is no code length to repeat")
                }
                lengths += repeatElement(last, count: 3 + Int(try take(2)))
            case 17: lengths += repeatElement(0, count: 3 + Int(try take(3)))
            default: lengths += repeatElement(0, count: 11 + Int(try take(7)))
            }
        }
        guard lengths.count == literalCount + distanceCount, lengths[256] > 0,
            let literals = PrefixCode(lengths: Array(lengths[..<literalCount])),
            let distances = PrefixCode(lengths: Array(lengths[literalCount...]))
        else { throw input.corrupt("a block's codes are malformed") }
        return (literals, distances)
    }

    private mutating func take(_ count: Int) throws -> UInt64 {
        while bitCount < count { try fill() }
        defer {
            bits >>= UInt64(count)
            bitCount -= count
        }
        return bits & ((1 << UInt64(count)) - 1)
    }

    private mutating func fill() throws {
        bits |= UInt64(try input.byte()) << UInt64(bitCount)
        bitCount += 8
    }

    private mutating func decode(_ code: PrefixCode) throws -> Int {
        while true {
            if let (symbol, length) = code.match(bits, bitCount) {
                bits >>= UInt64(length)
                bitCount -= length
                return symbol
            }
            guard bitCount < PrefixCode.bitsMax else { throw input.corrupt("a code is in no table") }
            try fill()
        }
    }

    private static let lengths: [(Int, Int)] = {
        var table: [(Int, Int)] = []
        var base = 3
        for code in 0..<28 {
            let extra = code < 8 ? 0 : code / 4 - 1
            table.append((base, extra))
            base += 1 << extra
        }
        return table + [(258, 0)]
    }()

    private static let distances: [(Int, Int)] = {
        var table: [(Int, Int)] = []
        var base = 1
        for code in 0..<30 {
            let extra = code < 4 ? 0 : code / 2 - 1
            table.append((base, extra))
            base += 1 << extra
        }
        return table
    }()
}

/// A canonical Huffman code, made from the lengths of its symbols' codes.
struct PrefixCode {
    static let bitsMax = 15
    private static let fastBits = 10

    private struct Match {
        var symbol: UInt16 = 0
        var length: UInt8 = 0
    }

    /// By the next `fastBits` bits; a length of 0 says that the code is longer, or none.
    private var fast = [Match](repeating: Match(), count: 1 << fastBits)
    private var counts = [Int](repeating: 0, count: bitsMax + 1)
    /// The symbols in the order of their codes.
    private var symbols: [UInt16] = []

    /// - Returns: `nil` where more codes are asked for than there are.
    init?(lengths: [UInt8]) {
        for length in lengths { counts[Int(length)] += 1 }
        counts[0] = 0
        var next = [Int](repeating: 0, count: Self.bitsMax + 2)
        var code = 0
        for length in 1...Self.bitsMax {
            next[length] = code
            code += counts[length]
            guard code <= 1 << length else { return nil }
            code <<= 1
        }
        let bySymbol = lengths.indices.filter { lengths[$0] > 0 }.sorted {
            (lengths[$0], $0) < (lengths[$1], $1)
        }
        symbols = bySymbol.map { UInt16($0) }
        for symbol in bySymbol {
            let length = Int(lengths[symbol])
            defer { next[length] += 1 }
            guard length <= Self.fastBits else { continue }
            // The stream gives codes from their highest bit on, and its own bits from the lowest.
            var reversed = 0
            for bit in 0..<length where next[length] >> bit & 1 == 1 { reversed |= 1 << (length - 1 - bit) }
            for index in stride(from: reversed, to: 1 << Self.fastBits, by: 1 << length) {
                fast[index] = Match(symbol: UInt16(symbol), length: UInt8(length))
            }
        }
    }

    /// The symbol whose code `bits` begin with, and the code's length; `nil` where `count` bits do not
    /// decide.
    func match(_ bits: UInt64, _ count: Int) -> (Int, Int)? {
        let entry = fast[Int(bits & ((1 << UInt64(Self.fastBits)) - 1))]
        if entry.length > 0 { return entry.length <= count ? (Int(entry.symbol), Int(entry.length)) : nil }
        var code = 0
        var first = 0
        var index = 0
        for length in 1...Self.bitsMax {
            guard length <= count else { return nil }
            code |= Int(bits >> UInt64(length - 1) & 1)
            if code - first < counts[length] { return (Int(symbols[index + code - first]), length) }
            index += counts[length]
            first = (first + counts[length]) << 1
            code <<= 1
        }
        return nil
    }

    /// The codes of RFC 1951, 3.2.6.
    static let fixedLiterals = fixed(
        [UInt8](repeating: 8, count: 144) + [UInt8](repeating: 9, count: 112)
            + [UInt8](repeating: 7, count: 24) + [UInt8](repeating: 8, count: 8))
    static let fixedDistances = fixed([UInt8](repeating: 5, count: 30))

    private static func fixed(_ lengths: [UInt8]) -> PrefixCode {
        guard let code = PrefixCode(lengths: lengths) else {
            preconditionFailure("the fixed code is over-full")
        }
        return code
    }
}
