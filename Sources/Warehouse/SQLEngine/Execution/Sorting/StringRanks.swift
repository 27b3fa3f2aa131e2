import JSON
import Vectors

/// The places that the strings of a dictionary have among each other, by UTF-8 bytes (of JSON text by value).
struct StringRanks: Sendable {
    /// By code; equal strings have one rank.
    let ranks: [UInt32]
    /// How many ranks there are.
    let count: Int

    /// - Parameter isJSON: orders as `VariantOrder` does.
    init(_ dictionary: StringDictionary, isJSON: Bool, threads: Int) throws {
        guard dictionary.count > 1 else {
            ranks = [UInt32](repeating: 0, count: dictionary.count)
            count = dictionary.count
            return
        }
        let entries = VectorMemory(byteCount: dictionary.count * MemoryLayout<SortEntry>.stride)
        let sorted = entries.pointer.assumingMemoryBound(to: SortEntry.self)
        if isJSON {
            let codes = (0..<UInt32(dictionary.count)).sorted {
                VariantOrder.compare(dictionary[Int($0)], dictionary[Int($1)]) < 0
            }
            for (index, code) in codes.enumerated() { sorted[index] = SortEntry(key: 0, row: code) }
        } else {
            let words = StringWords(dictionary)
            let spare = VectorMemory(byteCount: entries.byteCount)
            for code in 0..<dictionary.count {
                sorted[code] = SortEntry(key: words.word(0, UInt32(code)), row: UInt32(code))
            }
            try RadixSort(
                sorted, spare: spare.pointer.assumingMemoryBound(to: SortEntry.self), count: dictionary.count,
                words: words, threads: threads
            ).sort()
        }
        var ranks = [UInt32](repeating: 0, count: dictionary.count)
        var rank: UInt32 = 0
        for index in 1..<dictionary.count {
            let first = dictionary[Int(sorted[index - 1].row)]
            let second = dictionary[Int(sorted[index].row)]
            if UTF8Order.compare(first, second) != 0 { rank += 1 }
            ranks[Int(sorted[index].row)] = rank
        }
        self.ranks = ranks
        count = Int(rank) + 1
    }
}

/// The bytes of strings, eight a word, and last their lengths, so that one that another begins with precedes
/// it.
private struct StringWords: KeyWordSource {
    private let dictionary: StringDictionary
    private let byteLevels: Int
    var levels: Int { byteLevels + 1 }

    init(_ dictionary: StringDictionary) {
        self.dictionary = dictionary
        var longest = 0
        for code in 0..<dictionary.count { longest = max(longest, dictionary[code].count) }
        byteLevels = max(1, (longest + 7) / 8)
    }

    func bits(_ level: Int) -> Int { level < byteLevels ? 64 : 32 }

    func word(_ level: Int, _ row: UInt32) -> UInt64 {
        let string = dictionary[Int(row)]
        return level < byteLevels ? UTF8Order.word(string, at: level * 8) : UInt64(string.count)
    }
}

/// Strings by their bytes.
enum UTF8Order {
    /// The eight bytes from a place on, the first as the highest, zeros behind the end.
    @inline(__always)
    static func word(_ string: UnsafeBufferPointer<UInt8>, at place: Int) -> UInt64 {
        guard let base = string.baseAddress, place < string.count else { return 0 }
        if place + 8 <= string.count {
            return UInt64(
                bigEndian: UnsafeRawPointer(base).loadUnaligned(fromByteOffset: place, as: UInt64.self))
        }
        var word: UInt64 = 0
        for index in place..<string.count { word |= UInt64(base[index]) << UInt64(56 - (index - place) * 8) }
        return word
    }

    /// Less than, equal to or greater than 0.
    static func compare(_ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>) -> Int {
        let common = min(first.count, second.count)
        var place = 0
        while place < common {
            let one = word(first, at: place)
            let other = word(second, at: place)
            if one != other { return one < other ? -1 : 1 }
            place += 8
        }
        return first.count - second.count
    }
}

/// The order of VARIANT values as JSON text: booleans, numbers, strings, arrays, objects, and JSON null last.
enum VariantOrder {
    static func compare(_ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>) -> Int {
        let one = kind(first)
        let other = kind(second)
        if one != other { return one < other ? -1 : 1 }
        switch one {
        case 1:
            let (leftCode, rightCode) = (OrderCode.of(number(first)), OrderCode.of(number(second)))
            if leftCode != rightCode { return leftCode < rightCode ? -1 : 1 }
            return UTF8Order.compare(first, second)
        case 2:
            // Without the quote at the end, which is greater than some characters.
            let order = UTF8Order.compare(
                UnsafeBufferPointer(rebasing: first.dropLast()),
                UnsafeBufferPointer(rebasing: second.dropLast()))
            return order
        default: return UTF8Order.compare(first, second)
        }
    }

    /// A number of JSON, or a FLOAT.
    private static func number(_ text: UnsafeBufferPointer<UInt8>) -> Double {
        let isFloat = text.first == UInt8(ascii: "\"")
        let digits = isFloat ? text.dropFirst(1 + TypedText.prefixCount).dropLast() : text[...]
        return Double(String(decoding: digits, as: UTF8.self)) ?? .nan
    }

    private static func kind(_ text: UnsafeBufferPointer<UInt8>) -> Int {
        switch text.first {
        case UInt8(ascii: "t"), UInt8(ascii: "f"): 0
        case UInt8(ascii: "\""): TypedText.kind(ofQuoted: text) == .double ? 1 : 2
        case UInt8(ascii: "["): 3
        case UInt8(ascii: "{"): 4
        case UInt8(ascii: "n"): 5
        default: 1
        }
    }
}
