import JSON
import Vectors

/// Codes for strings of one column: a hash table over raw bytes and the bytes themselves. Plain memory that
/// its owner frees; hot loops use it through a pointer.
struct StringCodes {
    private struct Slot {
        /// A string of up to eight bytes itself, padded with zeros; of a longer one the hash.
        var word: UInt64
        var length: UInt32
        var code: UInt32
    }

    private static let unused = UInt32.max

    private var slots: UnsafeMutablePointer<Slot>?
    private var mask = 0
    private var bytes: UnsafeMutablePointer<UInt8>?
    private var byteCount = 0
    private var byteCapacity = 0
    private var offsets: UnsafeMutablePointer<UInt32>?
    private var offsetCapacity = 0
    /// How many strings there are.
    private(set) var count = 0

    init() {}

    /// The code of a string of up to eight bytes, given as a little-endian word with zeros behind them.
    @inline(__always)
    mutating func code(word: UInt64, length: Int) -> UInt32 {
        guard let slots else { return addWord(word, length) }
        var place = Int(truncatingIfNeeded: Self.spread(word, length)) & mask
        while true {
            let slot = slots[place]
            if slot.word == word, slot.length == UInt32(truncatingIfNeeded: length) { return slot.code }
            if slot.code == Self.unused { return addWord(word, length) }
            place = (place + 1) & mask
        }
    }

    /// The code of any string.
    @inline(never)
    mutating func code(_ string: UnsafeBufferPointer<UInt8>) -> UInt32 {
        if string.count <= 8 {
            var word: UInt64 = 0
            for (index, byte) in string.enumerated() { word |= UInt64(byte) << UInt64(8 * index) }
            return code(word: word, length: string.count)
        }
        let hash = StringHash.hash(string)
        guard let slots, let bytes, let offsets else { return add(string, word: hash) }
        var place = Int(truncatingIfNeeded: Self.spread(hash, string.count)) & mask
        while slots[place].code != Self.unused {
            let slot = slots[place]
            if slot.word == hash, slot.length == UInt32(truncatingIfNeeded: string.count) {
                let start = Int(offsets[Int(slot.code)])
                let known = UnsafeBufferPointer(start: UnsafePointer(bytes) + start, count: string.count)
                if JSONOrder.equal(known, string) { return slot.code }
            }
            place = (place + 1) & mask
        }
        return add(string, word: hash)
    }

    @inline(__always)
    private static func spread(_ word: UInt64, _ length: Int) -> UInt64 {
        ((word ^ UInt64(truncatingIfNeeded: length) << 56) &* 0x9E37_79B9_7F4A_7C15) >> 32
    }

    @inline(never)
    private mutating func addWord(_ word: UInt64, _ length: Int) -> UInt32 {
        withUnsafeBytes(of: word.littleEndian) { raw in
            add(UnsafeBufferPointer(rebasing: raw.bindMemory(to: UInt8.self)[..<length]), word: word)
        }
    }

    /// Adds a string that is not there.
    private mutating func add(_ string: UnsafeBufferPointer<UInt8>, word: UInt64) -> UInt32 {
        if slots == nil || (count + 1) * 2 > mask + 1 { growSlots() }
        if byteCount + string.count > byteCapacity || count + 2 > offsetCapacity { growBytes(string.count) }
        guard let slots, let bytes, let offsets else { return 0 }
        precondition(byteCount + string.count <= Int(UInt32.max), "the strings of a column take up to 4 GiB")
        if let source = string.baseAddress { (bytes + byteCount).update(from: source, count: string.count) }
        byteCount += string.count
        let code = UInt32(truncatingIfNeeded: count)
        count += 1
        offsets[count] = UInt32(truncatingIfNeeded: byteCount)
        Self.insert(
            Slot(word: word, length: UInt32(truncatingIfNeeded: string.count), code: code), slots, mask)
        return code
    }

    private static func insert(_ slot: Slot, _ slots: UnsafeMutablePointer<Slot>, _ mask: Int) {
        var place = Int(truncatingIfNeeded: spread(slot.word, Int(slot.length))) & mask
        while slots[place].code != unused { place = (place + 1) & mask }
        slots[place] = slot
    }

    private mutating func growSlots() {
        let size = slots == nil ? 64 : (mask + 1) * 4
        let larger = UnsafeMutablePointer<Slot>.allocate(capacity: size)
        larger.initialize(repeating: Slot(word: 0, length: Self.unused, code: Self.unused), count: size)
        if let slots {
            for place in 0...mask where slots[place].code != Self.unused {
                Self.insert(slots[place], larger, size - 1)
            }
            slots.deallocate()
        }
        slots = larger
        mask = size - 1
    }

    private mutating func growBytes(_ added: Int) {
        byteCapacity = max(1024, (byteCount + added) * 2)
        let largerBytes = UnsafeMutablePointer<UInt8>.allocate(capacity: byteCapacity)
        if let bytes {
            largerBytes.update(from: bytes, count: byteCount)
            bytes.deallocate()
        }
        bytes = largerBytes
        offsetCapacity = max(64, (count + 2) * 2)
        let largerOffsets = UnsafeMutablePointer<UInt32>.allocate(capacity: offsetCapacity)
        largerOffsets[0] = 0
        if let offsets {
            largerOffsets.update(from: offsets, count: count + 1)
            offsets.deallocate()
        }
        offsets = largerOffsets
    }

    /// All strings as a dictionary. After it there are none here; the table stays for the next ones.
    mutating func take() -> StringDictionary {
        guard let bytes, let offsets else { return StringDictionary([""]) }
        let dictionary = StringDictionary(
            count: count, bytes: bytes, offsets: offsets, isUnique: true,
            owner: ShredMemory([UnsafeMutableRawPointer(bytes), UnsafeMutableRawPointer(offsets)]))
        slots?.update(repeating: Slot(word: 0, length: Self.unused, code: Self.unused), count: mask + 1)
        self.bytes = nil
        self.offsets = nil
        (byteCount, byteCapacity, offsetCapacity, count) = (0, 0, 0, 0)
        return dictionary
    }

    /// Frees all memory.
    mutating func free() {
        slots?.deallocate()
        bytes?.deallocate()
        offsets?.deallocate()
        self = StringCodes()
    }
}
