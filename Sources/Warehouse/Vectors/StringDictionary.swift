import JSON
import Synchronization

/// Strings that vectors point into by code. Immutable once made; may be shared between threads.
public final class StringDictionary: @unchecked Sendable {
    // Filled before it is shared and never changed after.

    /// How many strings there are.
    public let count: Int
    /// The bytes of all strings, one after the other.
    public let bytes: UnsafePointer<UInt8>
    /// Where each string begins, and where the last one ends: `count + 1` places.
    public let offsets: UnsafePointer<UInt32>
    /// Whether no string is there twice.
    public let isUnique: Bool
    private let owner: AnyObject
    /// Whether typed texts may be among the strings: 0 not known yet, 1 none is, 2 some may be.
    private let typedText = Atomic<UInt8>(0)

    /// Memory that somebody else owns: `owner` keeps it.
    package init(
        count: Int, bytes: UnsafePointer<UInt8>, offsets: UnsafePointer<UInt32>, isUnique: Bool,
        owner: AnyObject
    ) {
        self.count = count
        self.bytes = bytes
        self.offsets = offsets
        self.isUnique = isUnique
        self.owner = owner
    }

    /// The UTF-8 bytes of one string.
    @inlinable
    public subscript(_ code: Int) -> UnsafeBufferPointer<UInt8> {
        let start = Int(offsets[code])
        return UnsafeBufferPointer(start: bytes + start, count: Int(offsets[code + 1]) - start)
    }

    /// One string.
    package func string(_ code: Int) -> String { String(decoding: self[code], as: UTF8.self) }

    /// The bytes of all strings together.
    package var byteCount: Int { Int(offsets[count]) }

    /// Whether typed texts (see `TypedText`) may be among the strings; looked for once.
    package var mayHaveTypedText: Bool {
        let known = typedText.load(ordering: .relaxed)
        if known != 0 { return known == 2 }
        let (start, end) = (Int(offsets[0]), Int(offsets[count]))
        let isPossible = TypedText.isPossible(
            in: UnsafeBufferPointer(start: bytes + start, count: end - start))
        typedText.store(isPossible ? 2 : 1, ordering: .relaxed)
        return isPossible
    }

    /// The empty dictionary.
    package static let empty = StringDictionaryBuilder().finish(isUnique: true)

    /// A dictionary of these strings.
    package convenience init(_ strings: [String]) {
        let builder = StringDictionaryBuilder()
        for string in strings { builder.append(string) }
        let made = builder.finish(isUnique: Set(strings.map { Array($0.utf8) }).count == strings.count)
        self.init(
            count: made.count, bytes: made.bytes, offsets: made.offsets, isUnique: made.isUnique, owner: made)
    }
}

/// Collects strings for a dictionary; one thread.
package final class StringDictionaryBuilder {
    private var bytes: VectorMemory
    private var byteCount = 0
    private var offsets: VectorMemory
    /// How many strings have been appended.
    package private(set) var count = 0

    package init(capacity: Int = 16, byteCapacity: Int = 256) {
        bytes = VectorMemory(byteCount: max(16, byteCapacity))
        offsets = VectorMemory(byteCount: (max(1, capacity) + 1) * 4)
        offsets.pointer.storeBytes(of: 0, as: UInt32.self)
    }

    /// Adds a string; its code is `count` before the call.
    @inline(__always)
    package func append(_ string: UnsafeBufferPointer<UInt8>) {
        let target = reserve(string.count)
        if let base = string.baseAddress { target.update(from: base, count: string.count) }
        commit(string.count)
    }

    /// Adds a string.
    package func append(_ string: String) {
        var string = string
        string.withUTF8 { append($0) }
    }

    /// Adds a string.
    package func append(_ string: [UInt8]) { string.withUnsafeBufferPointer { append($0) } }

    /// Room for a string of up to `capacity` bytes, to be written and then committed.
    @inline(__always)
    package func reserve(_ capacity: Int) -> UnsafeMutablePointer<UInt8> {
        if byteCount + capacity > bytes.byteCount { growBytes(capacity) }
        return bytes.pointer.assumingMemoryBound(to: UInt8.self) + byteCount
    }

    /// Takes the first `length` bytes of what was reserved as the next string.
    @inline(__always)
    package func commit(_ length: Int) {
        byteCount += length
        precondition(byteCount <= Int(UInt32.max), "a vector of strings holds at most 4 GiB")
        count += 1
        if (count + 1) * 4 > offsets.byteCount { growOffsets() }
        offsets.pointer.storeBytes(
            of: UInt32(truncatingIfNeeded: byteCount), toByteOffset: count * 4, as: UInt32.self)
    }

    private func growBytes(_ capacity: Int) {
        let larger = VectorMemory(byteCount: (byteCount + capacity) * 2)
        larger.pointer.copyMemory(from: bytes.pointer, byteCount: byteCount)
        bytes = larger
    }

    private func growOffsets() {
        let larger = VectorMemory(byteCount: offsets.byteCount * 2 + 8)
        larger.pointer.copyMemory(from: offsets.pointer, byteCount: count * 4)
        offsets = larger
    }

    /// The dictionary. The builder must not be used after.
    package func finish(isUnique: Bool = false) -> StringDictionary {
        StringDictionary(
            count: count, bytes: UnsafePointer(bytes.pointer.assumingMemoryBound(to: UInt8.self)),
            offsets: UnsafePointer(offsets.pointer.assumingMemoryBound(to: UInt32.self)), isUnique: isUnique,
            owner: Pair(bytes, offsets))
    }

    /// The bytes of a string already appended; only within the call.
    @inline(__always)
    func withString<Result>(_ code: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        let offsets = offsets.pointer.assumingMemoryBound(to: UInt32.self)
        let start = Int(offsets[code])
        return body(
            UnsafeBufferPointer(
                start: bytes.pointer.assumingMemoryBound(to: UInt8.self) + start,
                count: Int(offsets[code + 1]) - start))
    }

    /// A dictionary of what is there now; more can be appended after, which it does not have.
    func snapshot(isUnique: Bool) -> StringDictionary { finish(isUnique: isUnique) }

    private final class Pair {
        let memory: (VectorMemory, VectorMemory)
        init(_ first: VectorMemory, _ second: VectorMemory) { memory = (first, second) }
    }
}
