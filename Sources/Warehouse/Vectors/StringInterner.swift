/// Gives each distinct string one code, over any number of dictionaries. One thread.
package final class StringInterner {
    private let builder = StringDictionaryBuilder()
    private var table: [UInt32]
    private var hashes: [UInt64] = []
    private var remaps: [ObjectIdentifier: (dictionary: StringDictionary, codes: [UInt32])] = [:]
    private var lastIdentifier: ObjectIdentifier?
    private var lastCodes: [UInt32] = []
    private var made: StringDictionary?
    private static let unknown = UInt32.max

    package init() {
        table = [UInt32](repeating: Self.unknown, count: 64)
    }

    /// How many distinct strings there are.
    package var count: Int { hashes.count }

    /// The bytes it holds, about.
    package var byteCount: Int { hashes.count * 40 + remaps.values.reduce(0) { $0 + $1.codes.count * 4 } }

    /// The code of a string, a new one where it has not been seen.
    package func code(of string: UnsafeBufferPointer<UInt8>) -> UInt32 {
        let hash = StringHash.hash(string)
        var slot = Int(truncatingIfNeeded: hash) & (table.count - 1)
        while table[slot] != Self.unknown {
            let code = Int(table[slot])
            if hashes[code] == hash, equals(code, string) { return UInt32(code) }
            slot = (slot + 1) & (table.count - 1)
        }
        let code = UInt32(hashes.count)
        table[slot] = code
        hashes.append(hash)
        builder.append(string)
        made = nil
        if hashes.count * 2 > table.count { grow() }
        return code
    }

    private func equals(_ code: Int, _ string: UnsafeBufferPointer<UInt8>) -> Bool {
        builder.withString(code) { known in
            known.count == string.count
                && (string.count == 0
                    || StringHash.equal(
                        known.baseAddress.unsafelyUnwrapped, string.baseAddress.unsafelyUnwrapped,
                        string.count))
        }
    }

    private func grow() {
        var larger = [UInt32](repeating: Self.unknown, count: table.count * 4)
        for (code, hash) in hashes.enumerated() {
            var slot = Int(truncatingIfNeeded: hash) & (larger.count - 1)
            while larger[slot] != Self.unknown { slot = (slot + 1) & (larger.count - 1) }
            larger[slot] = UInt32(code)
        }
        table = larger
    }

    /// Translates codes of a dictionary into codes of this interner. NULL rows get code 0 (which is made to exist).
    package func intern(
        _ codes: UnsafePointer<UInt32>, validity: UnsafePointer<UInt8>?, rows: UnsafePointer<UInt32>?,
        count: Int,
        of dictionary: StringDictionary, into target: UnsafeMutablePointer<UInt32>
    ) {
        if validity != nil, hashes.isEmpty { _ = code(of: UnsafeBufferPointer(start: nil, count: 0)) }
        let identifier = ObjectIdentifier(dictionary)
        // A dictionary that is much larger than what is taken of it is not translated as a whole.
        let isCached = dictionary.count <= 4 * count || remaps[identifier] != nil
        if isCached { select(identifier, dictionary) }
        for index in 0..<count {
            let row = rows.map { Int($0[index]) } ?? index
            if let validity, validity[row] == 0 {
                target[index] = 0
                continue
            }
            let old = Int(codes[row])
            if !isCached {
                target[index] = code(of: dictionary[old])
                continue
            }
            var new = lastCodes[old]
            if new == Self.unknown {
                new = code(of: dictionary[old])
                lastCodes[old] = new
            }
            target[index] = new
        }
    }

    private func select(_ identifier: ObjectIdentifier, _ dictionary: StringDictionary) {
        guard identifier != lastIdentifier else { return }
        if let last = lastIdentifier, remaps[last] != nil { remaps[last]?.codes = lastCodes }
        if remaps.count > 64 { remaps.removeAll() }
        if remaps[identifier] == nil {
            remaps[identifier] = (dictionary, [UInt32](repeating: Self.unknown, count: dictionary.count))
        }
        lastCodes = remaps[identifier]?.codes ?? []
        lastIdentifier = identifier
    }

    /// The strings seen until now, by code. What is interned later is not in it.
    package func dictionary() -> StringDictionary {
        if let made, made.count == hashes.count { return made }
        let dictionary = builder.snapshot(isUnique: true)
        made = dictionary
        return dictionary
    }
}

/// A hash of bytes: multiply and fold, eight bytes at a time.
public enum StringHash {
    /// Multiplies to 128 bits and folds these.
    @inlinable
    public static func mix(_ first: UInt64, _ second: UInt64) -> UInt64 {
        let (high, low) = first.multipliedFullWidth(by: second)
        return high ^ low
    }

    package static func hash(_ string: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(string.count)
        guard let base = string.baseAddress.map(UnsafeRawPointer.init) else {
            return mix(state, 0xE703_7ED1_A0B4_28DB)
        }
        var position = 0
        while position + 8 <= string.count {
            state = mix(
                state ^ base.loadUnaligned(fromByteOffset: position, as: UInt64.self), 0xA076_1D64_78BD_642F)
            position += 8
        }
        var tail: UInt64 = 0
        while position < string.count {
            tail = tail << 8 | UInt64(string[position])
            position += 1
        }
        return mix(state ^ tail, 0xE703_7ED1_A0B4_28DB)
    }

    /// A hash of eight bytes.
    @inlinable
    public static func hash(_ value: UInt64) -> UInt64 {
        mix(value ^ 0x9E37_79B9_7F4A_7C15, 0xA076_1D64_78BD_642F)
    }

    @inline(__always)
    static func equal(_ first: UnsafePointer<UInt8>, _ second: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        for index in 0..<count where first[index] != second[index] { return false }
        return true
    }
}
