import JSON
import Vectors

/// Reads lines of known shapes straight into slots: compares what is between the values as words and turns
/// digits into scaled integers eight at a time. It stops at the first line that it does not understand
/// completely, valid or not, and leaves no trace of it. Plain memory, for the time of one call.
struct FastLines {
    /// The beginning of the next line.
    var position: UnsafeRawPointer
    /// The next row.
    var row: Int
    /// The index of the next line.
    var line: Int
    private let first: UnsafeMutablePointer<ShapeNode>
    /// From before here a gap and a number can be read without looking at where the bytes end.
    private let limit: UnsafeRawPointer
    private let powers: UnsafePointer<UInt64>

    /// Bytes that a number, and a word behind it, may take.
    static let margin = 64

    // Written once, here, and only read after.
    nonisolated(unsafe) private static let powersOfTen: UnsafePointer<UInt64> = {
        let table = UnsafeMutablePointer<UInt64>.allocate(capacity: 19)
        for exponent in 0..<19 { table[exponent] = ShredSlots.power(exponent) }
        return UnsafePointer(table)
    }()

    init(
        _ position: UnsafeRawPointer, limit: UnsafeRawPointer, row: Int, line: Int,
        first: UnsafeMutablePointer<ShapeNode>
    ) {
        self.position = position
        self.limit = limit
        self.row = row
        self.line = line
        self.first = first
        powers = Self.powersOfTen
    }

    /// Reads until row `end`, or until a line that has to be read in another way.
    ///
    /// - Parameter lines: takes the index of the line of each row.
    mutating func run(to end: Int, lines: UnsafeMutablePointer<Int64>?) {
        while row < end {
            guard let next = readLine() else { return }
            if let lines { lines[row] = Int64(line) }
            position = next
            row += 1
            line += 1
        }
    }

    @inline(__always)
    private func readLine() -> UnsafeRawPointer? {
        var place = position
        var node = first
        while true {
            guard place < limit else { break }
            var isKnown = true
            while !node.matches(place) {
                guard let other = node.pointee.alternative else {
                    isKnown = false
                    break
                }
                node = other
            }
            guard isKnown else { break }
            place += node.pointee.gapCount
            guard let slots = node.pointee.slots else { return place }
            guard let next = value(place, slots), let child = node.pointee.child else {
                slots.pointee.tags[row] = ShredTag.missing
                break
            }
            place = next
            node = child
        }
        takeBack(node.pointee.parent)
        return nil
    }

    /// Removes the values of this line up to a node.
    @inline(never)
    private func takeBack(_ last: UnsafeMutablePointer<ShapeNode>?) {
        var node = last
        while let known = node {
            known.pointee.slots?.pointee.tags[row] = ShredTag.missing
            node = known.pointee.parent
        }
    }

    @inline(__always)
    private func value(_ place: UnsafeRawPointer, _ slots: UnsafeMutablePointer<ShredSlots>)
        -> UnsafeRawPointer?
    {
        let word = UInt64(littleEndian: place.loadUnaligned(as: UInt64.self))
        let byte = UInt8(truncatingIfNeeded: word)
        // "-" and the digits; "." and "/" between them are no digits to `number`.
        if byte &- 0x2D < 13 { return number(place, word, slots) }
        if byte == 0x22 { return string(place + 1, slots) }
        return literal(place, word, slots)
    }

    @inline(__always)
    private func literal(
        _ place: UnsafeRawPointer, _ word: UInt64, _ slots: UnsafeMutablePointer<ShredSlots>
    ) -> UnsafeRawPointer? {
        if UInt32(truncatingIfNeeded: word) == 0x6C6C_756E {
            slots.pointee.tags[row] = ShredTag.null
            return place + 4
        }
        if UInt32(truncatingIfNeeded: word) == 0x6575_7274 {
            slots.pointee.store(boolean: true, row: row)
            return place + 4
        }
        if word & 0xFF_FFFF_FFFF == 0x65_736C_6166 {
            slots.pointee.store(boolean: false, row: row)
            return place + 5
        }
        return nil
    }

    // MARK: Numbers

    /// The high bit of each byte that was no digit, of a word from which "0" has been taken by exclusive or.
    @inline(__always)
    private static func nonDigits(_ word: UInt64) -> UInt64 {
        (((word & 0x7F7F_7F7F_7F7F_7F7F) &+ 0x7676_7676_7676_7676) | word) & 0x8080_8080_8080_8080
    }

    /// The number that eight bytes of 0 to 9 are, the first digit in the lowest byte.
    @inline(__always)
    private static func number(_ digits: UInt64) -> UInt64 {
        let pairs = digits &* 10 &+ digits >> 8
        let low = (pairs & 0x0000_00FF_0000_00FF) &* 0x000F_4240_0000_0064
        let high = (pairs >> 16 & 0x0000_00FF_0000_00FF) &* 0x0000_2710_0000_0001
        return (low &+ high) >> 32
    }

    /// A number; all of it in one word if it is short.
    @inline(__always)
    private func number(
        _ place: UnsafeRawPointer, _ word: UInt64, _ slots: UnsafeMutablePointer<ShredSlots>
    ) -> UnsafeRawPointer? {
        // Everything in bits, eight a character, and without branches on what differs from row to row.
        let sign: UInt64 = word & 0xFF == 0x2D ? 1 : 0
        let digits = word >> (sign &* 8) ^ 0x3030_3030_3030_3030
        let ends = Self.nonDigits(digits) & ~0 >> (sign &* 8)
        guard ends != 0 else { return longNumber(place, slots) }
        let whole = UInt64(truncatingIfNeeded: ends.trailingZeroBitCount) &- 7
        let point: UInt64 = (digits >> whole) & 0xFF == 0x1E ? 1 : 0
        let end = ends & (ends &- point)
        guard end != 0 else { return longNumber(place, slots) }
        let length = UInt64(truncatingIfNeeded: end.trailingZeroBitCount) &- 7
        let fraction = (length &- whole &- 8) & (0 &- point)
        let isLeadingZero = digits & 0xFF == 0 && whole > 8
        guard whole != 0, !isLeadingZero, point == 0 || fraction != 0 else { return nil }
        let below = (1 &<< whole) &- 1
        let joined = digits & below | digits >> (point &* 8) & ~below
        let magnitude = Self.number(joined &<< (64 &- (length &- point &* 8)))
        let raise = slots.pointee.scale &- Int(truncatingIfNeeded: fraction >> 3)
        if UInt(bitPattern: raise) <= 11 {
            let value = Int64(truncatingIfNeeded: magnitude &* powers[raise])
            let negation = Int64(truncatingIfNeeded: sign)
            slots.pointee.values[row] = (value ^ (0 &- negation)) &+ negation
            slots.pointee.tags[row] = ShredTag.decimal
        } else if !store(slots, magnitude, Int(fraction >> 3), sign != 0) {
            return oddNumber(place, slots)
        }
        return place + Int(truncatingIfNeeded: sign &+ length >> 3)
    }

    @inline(never)
    private func store(
        _ slots: UnsafeMutablePointer<ShredSlots>, _ magnitude: UInt64, _ fraction: Int, _ isNegative: Bool
    ) -> Bool {
        slots.pointee.store(magnitude: magnitude, fraction: fraction, isNegative: isNegative, row: row)
    }

    /// Up to 16 digits; more count as 16.
    @inline(__always)
    private func run(_ place: UnsafeRawPointer) -> (value: UInt64, count: Int) {
        let word = UInt64(littleEndian: place.loadUnaligned(as: UInt64.self)) ^ 0x3030_3030_3030_3030
        let ends = Self.nonDigits(word)
        guard ends == 0 else {
            let count = ends.trailingZeroBitCount >> 3
            return (count == 0 ? 0 : Self.number(word &<< UInt64(64 - count * 8)), count)
        }
        let next =
            UInt64(littleEndian: place.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            ^ 0x3030_3030_3030_3030
        let nextEnds = Self.nonDigits(next)
        let count = nextEnds == 0 ? 8 : nextEnds.trailingZeroBitCount >> 3
        let low = count == 0 ? 0 : Self.number(next &<< UInt64(64 - count * 8))
        return (Self.number(word) &* powers[count] &+ low, 8 + count)
    }

    /// A number of any length that has no exponent and at most 15 digits on either side of the point.
    @inline(__always)
    private func longNumber(_ place: UnsafeRawPointer, _ slots: UnsafeMutablePointer<ShredSlots>)
        -> UnsafeRawPointer?
    {
        let isNegative = place.load(as: UInt8.self) == 0x2D
        let start = place + (isNegative ? 1 : 0)
        let whole = run(start)
        guard whole.count > 0, whole.count < 16 else { return oddNumber(place, slots) }
        if start.load(as: UInt8.self) == 0x30, whole.count > 1 { return nil }
        var end = start + whole.count
        let byte = end.load(as: UInt8.self)
        var magnitude = whole.value
        var fraction = 0
        if byte == 0x2E {
            let part = run(end + 1)
            guard part.count > 0, whole.count + part.count <= 18, part.count < 16 else {
                return oddNumber(place, slots)
            }
            end += 1 + part.count
            fraction = part.count
            magnitude = magnitude &* powers[fraction] &+ part.value
        }
        if fraction == slots.pointee.scale {
            slots.pointee.values[row] = isNegative ? 0 &- Int64(magnitude) : Int64(magnitude)
            slots.pointee.tags[row] = ShredTag.decimal
        } else if !store(slots, magnitude, fraction, isNegative) {
            return oddNumber(place, slots)
        }
        return end
    }

    /// A number of any form; `nil` if it is none, or none that can be kept here.
    @inline(never)
    private func oddNumber(_ place: UnsafeRawPointer, _ slots: UnsafeMutablePointer<ShredSlots>)
        -> UnsafeRawPointer?
    {
        var end = place
        func digits() -> Int {
            let start = end
            while end < limit, end.load(as: UInt8.self) &- 0x30 < 10 { end += 1 }
            return end - start
        }
        if end.load(as: UInt8.self) == 0x2D { end += 1 }
        let whole = end
        let count = digits()
        guard count > 0, count == 1 || whole.load(as: UInt8.self) != 0x30 else { return nil }
        if end < limit, end.load(as: UInt8.self) == 0x2E {
            end += 1
            if digits() == 0 { return nil }
        }
        if end < limit, end.load(as: UInt8.self) | 0x20 == UInt8(ascii: "e") {
            end += 1
            if end < limit, end.load(as: UInt8.self) == 0x2B || end.load(as: UInt8.self) == 0x2D { end += 1 }
            if digits() == 0 { return nil }
        }
        guard end < limit else { return nil }
        let text = UnsafeBufferPointer(start: place.assumingMemoryBound(to: UInt8.self), count: end - place)
        return slots.pointee.store(number: text, row: row) ? end : nil
    }

    // MARK: Strings

    /// A string from its first character on.
    @inline(__always)
    private func string(_ place: UnsafeRawPointer, _ slots: UnsafeMutablePointer<ShredSlots>)
        -> UnsafeRawPointer?
    {
        let word = UInt64(littleEndian: place.loadUnaligned(as: UInt64.self))
        let special = JSONBytes.special(word)
        let bits = UInt64(truncatingIfNeeded: special.trailingZeroBitCount) &- 7
        guard special != 0, (word >> bits) & 0xFF == 0x22 else { return longString(place, slots) }
        let code = slots.pointee.strings.code(
            word: word & ((1 &<< bits) &- 1), length: Int(truncatingIfNeeded: bits >> 3))
        slots.pointee.values[row] = Int64(code)
        slots.pointee.tags[row] = ShredTag.string
        return place + Int(truncatingIfNeeded: bits >> 3 &+ 1)
    }

    /// A string of any length without escapes.
    @inline(never)
    private func longString(_ place: UnsafeRawPointer, _ slots: UnsafeMutablePointer<ShredSlots>)
        -> UnsafeRawPointer?
    {
        var end = place
        var isASCII = true
        while end < limit {
            let special = JSONBytes.special(UInt64(littleEndian: end.loadUnaligned(as: UInt64.self)))
            guard special != 0 else {
                end += 8
                continue
            }
            end += special.trailingZeroBitCount >> 3
            let byte = end.load(as: UInt8.self)
            if byte >= 0x80 {
                isASCII = false
                end += 1
                continue
            }
            guard byte == 0x22 else { return nil }
            let text = UnsafeBufferPointer(
                start: place.assumingMemoryBound(to: UInt8.self), count: end - place)
            guard isASCII || JSONBytes.isUTF8(text) else { return nil }
            slots.pointee.store(string: text, row: row)
            return end + 1
        }
        return nil
    }
}
