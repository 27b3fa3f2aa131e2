import DurableIO

/// The last offset of each key, by the key's MD5, 24 bytes each: two different keys would have to agree in 128
/// bits to be taken for one, as in Kafka's cleaner. Not thread-safe.
struct OffsetMap {
    private struct Slot {
        var high: UInt64 = 0
        var low: UInt64 = 0
        var offset: Int64 = -1
    }

    private var slots: [Slot]
    private let keysMax: Int
    private(set) var count = 0

    /// A map of at most `bytesMax` bytes.
    init(bytesMax: Int) {
        keysMax = max(1, bytesMax / MemoryLayout<Slot>.stride * 3 / 4)
        slots = Array(repeating: Slot(), count: 1024)
    }

    /// Whether another key may not fit.
    var isFull: Bool { count >= keysMax }

    mutating func set(_ key: UnsafeRawBufferPointer, _ offset: Offset) {
        if count * 4 >= slots.count * 3 { grow() }
        let digest = Self.digest(key)
        let index = place(of: digest)
        if slots[index].offset < 0 { count += 1 }
        slots[index] = Slot(high: digest.high, low: digest.low, offset: offset.value)
    }

    subscript(key: UnsafeRawBufferPointer) -> Offset? {
        let slot = slots[place(of: Self.digest(key))]
        return slot.offset < 0 ? nil : Offset(slot.offset)
    }

    private static func digest(_ key: UnsafeRawBufferPointer) -> (high: UInt64, low: UInt64) {
        MD5.digest(key).withUnsafeBytes {
            ($0.bigEndian(at: 0, as: UInt64.self), $0.bigEndian(at: 8, as: UInt64.self))
        }
    }

    private func place(of digest: (high: UInt64, low: UInt64)) -> Int {
        let mask = slots.count - 1
        var index = Int(truncatingIfNeeded: digest.low) & mask
        while slots[index].offset >= 0, slots[index].high != digest.high || slots[index].low != digest.low {
            index = (index + 1) & mask
        }
        return index
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: Slot(), count: old.count * 2)
        for slot in old where slot.offset >= 0 { slots[place(of: (slot.high, slot.low))] = slot }
    }
}
