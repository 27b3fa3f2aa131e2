import Vectors

/// Where the groups of keys are found by the word that stands for a key: the key itself, packed, or a hash of
/// it.
///
/// Either an array with a place for each word that can be, or an open-addressing table. Groups are kept plus
/// one; 0 is an empty slot.
final class KeySlots {
    /// A slot of the open-addressing table.
    struct Slot {
        var word: UInt64
        var group: UInt64
    }

    /// The places by word, where there are few enough words.
    let direct: UnsafeMutablePointer<UInt32>?
    let slots: UnsafeMutablePointer<Slot>
    /// Of a mixed word the upper bits from here on are the slot.
    let shift: UInt64
    let mask: Int
    let byteCount: Int
    private let memory: VectorMemory

    /// The keys that the table takes without growing.
    var capacity: Int { (mask + 1) / 2 }

    /// Places for all words of up to `bits` bits.
    init(bits: Int) {
        byteCount = 4 << bits
        memory = VectorMemory(byteCount: byteCount)
        memory.pointer.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
        direct = memory.pointer.assumingMemoryBound(to: UInt32.self)
        slots = memory.pointer.assumingMemoryBound(to: Slot.self)
        shift = 0
        mask = 0
    }

    /// A table that takes at least `capacity` keys.
    init(capacity: Int) {
        var bits = 12
        while 1 << bits < capacity * 2 { bits += 1 }
        byteCount = 16 << bits
        memory = VectorMemory(byteCount: byteCount)
        memory.pointer.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
        direct = nil
        slots = memory.pointer.assumingMemoryBound(to: Slot.self)
        shift = UInt64(64 - bits)
        mask = 1 << bits - 1
    }

    @inline(__always)
    static func mixed(_ word: UInt64) -> UInt64 { (word ^ (word &>> 32)) &* 0x9E37_79B9_7F4A_7C15 }

    @inline(__always)
    func home(_ word: UInt64) -> Int { Int(truncatingIfNeeded: Self.mixed(word) &>> shift) }

    /// Adds a key that is not there.
    @inline(__always)
    func add(_ word: UInt64, group: Int) {
        if let direct {
            direct[Int(word)] = UInt32(truncatingIfNeeded: group + 1)
            return
        }
        var slot = home(word)
        while slots[slot].group != 0 { slot = (slot &+ 1) & mask }
        slots[slot] = Slot(word: word, group: UInt64(group + 1))
    }

    /// A hash of each of `count` rows of several words, which lie `stride` apart.
    static func hash(
        _ words: UnsafePointer<UInt64>, wordCount: Int, count: Int, stride: Int,
        into hashes: UnsafeMutablePointer<UInt64>
    ) {
        hashes.initialize(repeating: 0x2545_F491_4F6C_DD1D, count: count)
        for word in 0..<wordCount {
            let column = words + word * stride
            for row in 0..<count {
                let state = (hashes[row] ^ column[row]) &* 0xD6E8_FEB8_6659_FD93
                hashes[row] = state ^ (state &>> 32)
            }
        }
    }

    /// The hash of one row, as of many.
    static func hash(key: UnsafePointer<UInt64>, wordCount: Int) -> UInt64 {
        var state: UInt64 = 0x2545_F491_4F6C_DD1D
        for word in 0..<wordCount {
            state = (state ^ key[word]) &* 0xD6E8_FEB8_6659_FD93
            state ^= state &>> 32
        }
        return state
    }
}
