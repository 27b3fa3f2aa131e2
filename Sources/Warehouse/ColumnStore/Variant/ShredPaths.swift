import Vectors

/// The paths that a shredder has seen, as a tree: node 0 stands for the whole value. A limited number: what
/// does not fit is not found. One thread.
final class ShredPaths {
    /// A key within its parent.
    struct Node {
        let parent: Int32
        let keyStart: Int
        let keyCount: Int
        let hash: UInt64
        /// The number of its column, -1 where no value has been kept.
        var column: Int32 = -1
        /// The sibling that came after it last time.
        var following: Int32 = -1
        /// The value it was last seen in.
        var stamp: UInt64 = 0
    }

    static let nodesMax = 1024
    private static let keyBytesMax = 1024

    let nodes: UnsafeMutablePointer<Node>
    private(set) var count = 0
    private let keys: UnsafeMutablePointer<UInt8>
    private var keyByteCount = 0
    private static let keyByteCountMax = 1 << 16
    private let table: UnsafeMutablePointer<Int32>
    private static let tableSize = 4096

    init() {
        nodes = .allocate(capacity: Self.nodesMax)
        table = .allocate(capacity: Self.tableSize)
        keys = .allocate(capacity: Self.keyByteCountMax)
        reset()
    }

    deinit {
        nodes.deallocate()
        table.deallocate()
        keys.deallocate()
    }

    /// Forgets all paths.
    func reset() {
        table.initialize(repeating: -1, count: Self.tableSize)
        keyByteCount = 0
        nodes[0] = Node(parent: -1, keyStart: 0, keyCount: 0, hash: 0)
        count = 1
    }

    /// The node of a key, which is made if it is new; `nil` where there is no room.
    ///
    /// - Parameter previous: the sibling that came before it; the parent for the first one.
    func child(of parent: Int32, key: UnsafeBufferPointer<UInt8>, after previous: Int32) -> Int32? {
        let guess = nodes[Int(previous)].following
        if guess >= 0, nodes[Int(guess)].parent == parent, isKey(guess, key) { return guess }
        guard let node = find(parent, key) else { return nil }
        if previous != parent { nodes[Int(previous)].following = node }
        return node
    }

    private func find(_ parent: Int32, _ key: UnsafeBufferPointer<UInt8>) -> Int32? {
        let hash = StringHash.mix(StringHash.hash(key) ^ UInt64(parent), 0x9E37_79B9_7F4A_7C15)
        var place = Int(truncatingIfNeeded: hash) & (Self.tableSize - 1)
        while table[place] >= 0 {
            let node = table[place]
            if nodes[Int(node)].hash == hash, nodes[Int(node)].parent == parent, isKey(node, key) {
                return node
            }
            place = (place + 1) & (Self.tableSize - 1)
        }
        guard count < Self.nodesMax, key.count <= Self.keyBytesMax,
            keyByteCount + key.count <= Self.keyByteCountMax
        else { return nil }
        let node = Int32(count)
        nodes[count] = Node(parent: parent, keyStart: keyByteCount, keyCount: key.count, hash: hash)
        if let source = key.baseAddress { (keys + keyByteCount).update(from: source, count: key.count) }
        keyByteCount += key.count
        table[place] = node
        count += 1
        return node
    }

    @inline(__always)
    private func isKey(_ node: Int32, _ key: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = nodes[Int(node)].keyStart
        guard nodes[Int(node)].keyCount == key.count else { return false }
        for index in 0..<key.count where keys[start + index] != key[index] { return false }
        return true
    }

    /// The keys that lead to a node.
    func path(_ node: Int32) -> [String] {
        var path: [String] = []
        var node = node
        while node > 0 {
            let entry = nodes[Int(node)]
            let key = UnsafeBufferPointer(start: keys + entry.keyStart, count: entry.keyCount)
            path.append(String(decoding: key, as: UTF8.self))
            node = entry.parent
        }
        return path.reversed()
    }
}
