import DurableIO
import Synchronization

/// The names of the directories in a directory, in the order of their keys, packed into one piece of memory. A name
/// that ends in `__XLDIR__` is the object whose key ends in a slash there, and is kept as that.
struct SortedNames: Sendable {
    private let bytes: [UInt8]
    /// Where each name begins; one more for the end.
    private let starts: [UInt32]
    /// Whether there are more names behind the last.
    let isCut: Bool

    var count: Int { starts.count - 1 }
    /// The size in memory in bytes.
    var memoryBytes: Int { bytes.count + 4 * starts.count }

    /// A name; with a slash at its end it is that of an object whose key has one.
    subscript(index: Int) -> ArraySlice<UInt8> { bytes[Int(starts[index])..<Int(starts[index + 1])] }

    /// The index of the first name that does not come before `bound`.
    func firstIndex(notBefore bound: ArraySlice<UInt8>) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].lexicographicallyPrecedes(bound) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private static func isText(_ name: UnsafeRawBufferPointer) -> Bool {
        name.allSatisfy { $0 < 0x80 } || String(validating: name, as: UTF8.self) != nil
    }

    /// Reads a directory. Where it has more than `max` names, the first of them behind `after`.
    init(_ directory: String, after: ArraySlice<UInt8> = [], max: Int, _ fileSystem: FileSystem) throws {
        var packed = PackedNames()
        var isCut = false
        let suffix = Array(ObjectKey.directorySuffix.utf8)
        try fileSystem.forEachName(in: directory) { name, kind in
            let isDirectory =
                try kind
                ?? fileSystem.status(
                    of: "\(directory)/\(String(decoding: name, as: UTF8.self))")?.kind
            // A key is UTF-8: what is not was put there by somebody else.
            guard isDirectory == .directory, Self.isText(name) else { return }
            let isDirectoryObject =
                name.count > suffix.count && name.suffix(suffix.count).elementsEqual(suffix)
            let key = UnsafeRawBufferPointer(
                rebasing: isDirectoryObject ? name.dropLast(suffix.count) : name[...])
            guard after.isEmpty || PackedNames.precedes(after, key, slash: isDirectoryObject) else { return }
            packed.append(key, slash: isDirectoryObject)
            if packed.count >= 2 * max {
                packed = packed.first(max)
                isCut = true
            }
        }
        if packed.count > max { isCut = true }
        packed = packed.first(max)
        (bytes, starts, self.isCut) = (packed.bytes, packed.starts, isCut)
    }
}

/// Names one behind the other, in the order in which they came.
private struct PackedNames {
    var bytes: [UInt8] = []
    var starts: [UInt32] = [0]

    var count: Int { starts.count - 1 }

    mutating func append(_ name: some Collection<UInt8>, slash: Bool) {
        bytes.append(contentsOf: name)
        if slash { bytes.append(UInt8(ascii: "/")) }
        starts.append(UInt32(bytes.count))
    }

    /// The first `max` of the names, sorted.
    func first(_ max: Int) -> PackedNames {
        var order = Array(0..<UInt32(count))
        bytes.withUnsafeBytes { bytes in
            let name = { (index: UInt32) in
                UnsafeRawBufferPointer(rebasing: bytes[Int(starts[Int(index)])..<Int(starts[Int(index) + 1])])
            }
            order.sort { Self.precedes(name($0), name($1)) }
        }
        var sorted = PackedNames()
        sorted.bytes.reserveCapacity(bytes.count)
        sorted.starts.reserveCapacity(min(max, count) + 1)
        for index in order.prefix(max) {
            sorted.append(bytes[Int(starts[Int(index)])..<Int(starts[Int(index) + 1])], slash: false)
        }
        return sorted
    }

    static func precedes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        let common = min(left.count, right.count)
        while index + 8 <= common {
            let a = UInt64(bigEndian: left.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let b = UInt64(bigEndian: right.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            if a != b { return a < b }
            index += 8
        }
        while index < common {
            if left[index] != right[index] { return left[index] < right[index] }
            index += 1
        }
        return left.count < right.count
    }

    static func precedes(_ left: ArraySlice<UInt8>, _ right: UnsafeRawBufferPointer, slash: Bool) -> Bool {
        if left.lexicographicallyPrecedes(right) { return true }
        return slash && left.elementsEqual(right)
    }
}

/// The names of the large directories that were listed last, so that page after page of a list does not read and sort
/// them anew. A directory that has changed since is read again.
final class NameCache: Sendable {
    private struct Entry {
        let names: SortedNames
        let modifiedNanoseconds: Int64
        var used: Int
    }

    private struct State {
        var entries: [ExactString: Entry] = [:]
        var bytes = 0
        var uses = 0
    }

    private static let bytesMax = 64 << 20
    private static let countMin = 256
    /// A change within the clock's step of the file system leaves no trace in the time of the last one.
    private static let settledNanoseconds: Int64 = 2_000_000_000

    private let state = Mutex(State())

    /// All names of a directory, at most `max` of them.
    func names(in path: String, max: Int, _ fileSystem: FileSystem) throws -> SortedNames {
        let directory = ExactString(path)
        let modified = try fileSystem.status(of: path)?.modifiedNanoseconds ?? 0
        let known = state.withLock { state -> SortedNames? in
            guard var entry = state.entries[directory], entry.modifiedNanoseconds == modified else {
                return nil
            }
            state.uses += 1
            entry.used = state.uses
            state.entries[directory] = entry
            return entry.names
        }
        if let known { return known }
        let began = WallClock.nanoseconds()
        let names = try SortedNames(path, max: max, fileSystem)
        if names.count >= Self.countMin, began - modified > Self.settledNanoseconds {
            state.withLock { state in
                Self.insert(directory, names, modified, into: &state)
            }
        }
        return names
    }

    private static func insert(
        _ directory: ExactString, _ names: SortedNames, _ modified: Int64, into state: inout State
    ) {
        guard names.memoryBytes <= bytesMax else { return }
        state.bytes -= state.entries[directory]?.names.memoryBytes ?? 0
        state.uses += 1
        state.entries[directory] = Entry(names: names, modifiedNanoseconds: modified, used: state.uses)
        state.bytes += names.memoryBytes
        while state.bytes > bytesMax, let oldest = state.entries.min(by: { $0.value.used < $1.value.used }) {
            state.bytes -= oldest.value.names.memoryBytes
            state.entries[oldest.key] = nil
        }
    }
}
