internal import CKernels
import Vectors

/// Distinct strings by number. One thread adds; as long as none does, any number may look up.
final class KeyStrings: @unchecked Sendable {
    // Added to by one thread, before others see it.

    private(set) var count = 0
    private var bytes = VectorMemory(byteCount: 256)
    private var offsets = VectorMemory(byteCount: 64)
    private var hashes = VectorMemory(byteCount: 128)
    private var slots: VectorMemory
    private var mask = 63
    private var usedBytes = 0
    static let unknown = UInt32.max

    init() {
        slots = VectorMemory(byteCount: 64 * 4)
        slots.pointer.initializeMemory(as: UInt32.self, repeating: Self.unknown, count: 64)
        offsets.pointer.storeBytes(of: 0, as: UInt32.self)
    }

    var byteCount: Int { bytes.byteCount + offsets.byteCount + hashes.byteCount + slots.byteCount }

    /// The number of a string, `unknown` where it is not there.
    func find(_ string: UnsafeBufferPointer<UInt8>) -> UInt32 { lookUp(string, StringHash.hash(string)).code }

    private func lookUp(_ string: UnsafeBufferPointer<UInt8>, _ hash: UInt64) -> (code: UInt32, slot: Int) {
        let table = slots.pointer.assumingMemoryBound(to: UInt32.self)
        let hashes = hashes.pointer.assumingMemoryBound(to: UInt64.self)
        let offsets = offsets.pointer.assumingMemoryBound(to: UInt32.self)
        var slot = Int(truncatingIfNeeded: hash) & mask
        while table[slot] != Self.unknown {
            let code = Int(table[slot])
            if hashes[code] == hash {
                let start = Int(offsets[code])
                if Int(offsets[code + 1]) - start == string.count, equals(start, string) {
                    return (UInt32(code), slot)
                }
            }
            slot = (slot + 1) & mask
        }
        return (Self.unknown, slot)
    }

    private func equals(_ start: Int, _ string: UnsafeBufferPointer<UInt8>) -> Bool {
        let known = bytes.pointer.assumingMemoryBound(to: UInt8.self) + start
        for index in 0..<string.count where known[index] != string[index] { return false }
        return true
    }

    /// The number of a string, a new one where it is not there.
    func insert(_ string: UnsafeBufferPointer<UInt8>) throws -> UInt32 {
        let hash = StringHash.hash(string)
        let (known, slot) = lookUp(string, hash)
        if known != Self.unknown { return known }
        guard usedBytes + string.count <= Int(UInt32.max) else {
            throw SQLError(.outOfMemory, "the distinct texts of a key have more than 4 GiB")
        }
        bytes = bytes.grown(used: usedBytes, needed: usedBytes + string.count)
        if let base = string.baseAddress {
            (bytes.pointer + usedBytes).copyMemory(from: base, byteCount: string.count)
        }
        usedBytes += string.count
        let code = count
        count += 1
        offsets = offsets.grown(used: count * 4, needed: count * 4 + 4)
        offsets.pointer.storeBytes(of: UInt32(usedBytes), toByteOffset: count * 4, as: UInt32.self)
        hashes = hashes.grown(used: code * 8, needed: code * 8 + 8)
        hashes.pointer.storeBytes(of: hash, toByteOffset: code * 8, as: UInt64.self)
        slots.pointer.storeBytes(of: UInt32(code), toByteOffset: slot * 4, as: UInt32.self)
        if count * 2 > mask { rehash() }
        return UInt32(code)
    }

    private func rehash() {
        let size = (mask + 1) * 4
        slots = VectorMemory(byteCount: size * 4)
        let table = slots.pointer.initializeMemory(as: UInt32.self, repeating: Self.unknown, count: size)
        mask = size - 1
        for code in 0..<count {
            let hash = hashes.pointer.load(fromByteOffset: code * 8, as: UInt64.self)
            var slot = Int(truncatingIfNeeded: hash) & mask
            while table[slot] != Self.unknown { slot = (slot + 1) & mask }
            table[slot] = UInt32(code)
        }
    }

    /// The strings there are now. What is added later is not in it.
    func dictionary() -> StringDictionary {
        StringDictionary(
            count: count, bytes: UnsafePointer(bytes.pointer.assumingMemoryBound(to: UInt8.self)),
            offsets: UnsafePointer(offsets.pointer.assumingMemoryBound(to: UInt32.self)), isUnique: true,
            owner: Kept(bytes, offsets))
    }

    private final class Kept {
        let memory: (VectorMemory, VectorMemory)
        init(_ first: VectorMemory, _ second: VectorMemory) { memory = (first, second) }
    }
}

extension VectorMemory {
    /// The same memory where it has `needed` bytes, otherwise larger one with a copy of the first `used`
    /// bytes.
    func grown(used: Int, needed: Int) -> VectorMemory {
        if needed <= byteCount { return self }
        let larger = VectorMemory(byteCount: max(needed, byteCount * 2))
        larger.pointer.copyMemory(from: pointer, byteCount: used)
        return larger
    }
}

/// Translates codes of dictionaries into numbers of `KeyStrings`, and remembers what it has translated. One
/// thread.
final class KeyStringCodes {
    private let strings: KeyStrings
    private let inserts: Bool
    private var known: [ObjectIdentifier: Translation] = [:]
    private var last: Translation?

    init(_ strings: KeyStrings, inserts: Bool) {
        self.strings = strings
        self.inserts = inserts
    }

    private final class Translation {
        let dictionary: StringDictionary
        let codes: VectorMemory
        init(_ dictionary: StringDictionary) {
            self.dictionary = dictionary
            codes = VectorMemory(byteCount: dictionary.count * 4)
            codes.pointer.initializeMemory(as: UInt32.self, repeating: .max - 1, count: dictionary.count)
        }
    }
    private static let untranslated = UInt32.max - 1

    var byteCount: Int { known.values.reduce(0) { $0 + $1.codes.byteCount } }

    /// Writes the numbers of `count` rows of a vector from row `start` on; `unknown` (4294967295) where a
    /// string is not there and is not to be added. NULL rows get 0.
    func translate(_ vector: Vector, from start: Int, count: Int, into target: UnsafeMutablePointer<Int64>)
        throws
    {
        guard let dictionary = vector.dictionary else { return target.initialize(repeating: 0, count: count) }
        let codes = vector.codes + start
        let validity = vector.validity.map { $0 + start }
        // A dictionary that is much larger than what is taken of it is not translated as a whole.
        guard dictionary.count <= 4 * vector.count || known[ObjectIdentifier(dictionary)] != nil else {
            for row in 0..<count {
                let isNull = validity.map { $0[row] == 0 } ?? false
                target[row] = isNull ? 0 : Int64(try number(dictionary[Int(codes[row])]))
            }
            return
        }
        let translated = select(dictionary).codes.pointer.assumingMemoryBound(to: UInt32.self)
        func new(_ code: Int) throws -> Int64 {
            let known = translated[code]
            if known != Self.untranslated { return Int64(known) }
            let new = try number(dictionary[code])
            translated[code] = new
            return Int64(new)
        }
        if validity == nil, th_changes(codes, count) * 8 <= count {
            var start = 0
            while start < count {
                let end = th_run_end(codes, start, count)
                (target + start).update(repeating: try new(Int(codes[start])), count: end - start)
                start = end
            }
            return
        }
        for row in 0..<count {
            let isNull = validity.map { $0[row] == 0 } ?? false
            target[row] = isNull ? 0 : try new(Int(codes[row]))
        }
    }

    private func number(_ string: UnsafeBufferPointer<UInt8>) throws -> UInt32 {
        inserts ? try strings.insert(string) : strings.find(string)
    }

    private func select(_ dictionary: StringDictionary) -> Translation {
        if let last, last.dictionary === dictionary { return last }
        let identifier = ObjectIdentifier(dictionary)
        let translation = known[identifier] ?? Translation(dictionary)
        if known.count > 64 { known.removeAll() }
        known[identifier] = translation
        last = translation
        return translation
    }
}
