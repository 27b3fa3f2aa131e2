import JSON
import Vectors

/// What stands before a value in lines of a known shape: keys, separators and blanks as raw bytes, compared
/// as words. After the last value it is the rest of the line with its end. Plain memory.
struct ShapeNode {
    var firstWord: UInt64
    var firstMask: UInt64
    var secondWord: UInt64
    var secondMask: UInt64
    var gapCount: Int
    /// The bytes from the 17th on.
    var rest: UnsafePointer<UInt8>
    /// Where the value goes; `nil` at the end of the line.
    var slots: UnsafeMutablePointer<ShredSlots>?
    var parent: UnsafeMutablePointer<ShapeNode>?
    /// What may come after the value: a list by `alternative`.
    var child: UnsafeMutablePointer<ShapeNode>?
    var alternative: UnsafeMutablePointer<ShapeNode>?
}

extension UnsafeMutablePointer<ShapeNode> {
    /// Whether these bytes are what the node expects. At least 16 bytes more than it expects must be
    /// readable.
    ///
    /// It is a function of the pointer lest the node be copied.
    @inline(__always)
    func matches(_ bytes: UnsafeRawPointer) -> Bool {
        let first = bytes.loadUnaligned(as: UInt64.self)
        guard (first ^ pointee.firstWord) & pointee.firstMask == 0 else { return false }
        if pointee.gapCount <= 8 { return true }
        let second = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        guard (second ^ pointee.secondWord) & pointee.secondMask == 0 else { return false }
        return pointee.gapCount <= 16 || matchesRest(bytes)
    }

    @inline(never)
    private func matchesRest(_ bytes: UnsafeRawPointer) -> Bool {
        let rest = pointee.rest
        for index in 16..<pointee.gapCount
        where bytes.load(fromByteOffset: index, as: UInt8.self) != rest[index - 16] {
            return false
        }
        return true
    }
}

/// The shapes of lines that have been seen, as a tree: shapes that begin alike share their beginning. A shape
/// is the sequence of the bytes between the values of a line. A limited number; what does not fit is not
/// learned. One thread.
final class ShapeTree {
    private static let nodesMax = 2048
    private static let bytesMax = 1 << 16
    private static let alternativesMax = 12

    private let nodes: UnsafeMutablePointer<ShapeNode>
    private let bytes: UnsafeMutablePointer<UInt8>
    private var nodeCount = 0
    private var byteCount = 0
    /// What lines may begin with.
    private(set) var first: UnsafeMutablePointer<ShapeNode>?
    /// The bytes of the longest gap.
    private(set) var gapCountMax = 0

    init() {
        nodes = .allocate(capacity: Self.nodesMax)
        bytes = .allocate(capacity: Self.bytesMax)
    }

    deinit {
        nodes.deallocate()
        bytes.deallocate()
    }

    /// Forgets all shapes.
    func reset() {
        nodeCount = 0
        byteCount = 0
        first = nil
        gapCountMax = 0
    }

    /// Learns the shape of a line of which all values are in slots.
    ///
    /// - Parameter line: the whole line with its end.
    func learn(_ line: UnsafeBufferPointer<UInt8>, _ tape: JSONTape, _ builder: VariantBuilder) {
        var parent: UnsafeMutablePointer<ShapeNode>?
        var gapStart = 0
        var owners: [(end: Int, path: Int32)] = []
        for node in 0..<tape.count where tape.nodes[node].isDecoded { return }
        // Nodes come in the order of the text; an object's members are followed by what comes after it.
        var node = 1
        while node < tape.count {
            while let last = owners.last, last.end <= node { owners.removeLast() }
            let path = owners.last?.path ?? 0
            guard let child = builder.paths.child(of: path, key: tape.bytes(of: node), after: path) else {
                return
            }
            let value = tape.nodes[node + 1]
            if value.kind == .object {
                owners.append((Int(value.next), child))
            } else {
                guard let slots = builder.slots(of: child) else { return }
                let quote = value.kind == .string ? 1 : 0
                let gap = UnsafeBufferPointer(rebasing: line[gapStart..<(Int(value.start) - quote)])
                guard let next = step(from: parent, gap, slots) else { return }
                parent = next
                gapStart = Int(value.end) + quote
            }
            node += 2
        }
        guard line.last == UInt8(ascii: "\n") else { return }
        _ = step(from: parent, UnsafeBufferPointer(rebasing: line[gapStart...]), nil)
    }

    /// The node of a gap behind a node, which is made if there is room.
    private func step(
        from parent: UnsafeMutablePointer<ShapeNode>?, _ gap: UnsafeBufferPointer<UInt8>,
        _ slots: UnsafeMutablePointer<ShredSlots>?
    ) -> UnsafeMutablePointer<ShapeNode>? {
        var last: UnsafeMutablePointer<ShapeNode>?
        var next = parent == nil ? first : parent?.pointee.child
        var alternatives = 0
        while let node = next {
            if isGap(node, gap), node.pointee.slots == slots { return node }
            last = node
            next = node.pointee.alternative
            alternatives += 1
        }
        guard alternatives < Self.alternativesMax, nodeCount < Self.nodesMax,
            byteCount + gap.count <= Self.bytesMax
        else { return nil }
        let made = make(gap, slots, parent)
        if let last {
            last.pointee.alternative = made
        } else if let parent {
            parent.pointee.child = made
        } else {
            first = made
        }
        return made
    }

    private func isGap(_ node: UnsafeMutablePointer<ShapeNode>, _ gap: UnsafeBufferPointer<UInt8>) -> Bool {
        let known = UnsafeBufferPointer(start: node.pointee.rest - 16, count: node.pointee.gapCount)
        return JSONOrder.equal(known, gap)
    }

    private func make(
        _ gap: UnsafeBufferPointer<UInt8>, _ slots: UnsafeMutablePointer<ShredSlots>?,
        _ parent: UnsafeMutablePointer<ShapeNode>?
    ) -> UnsafeMutablePointer<ShapeNode> {
        let start = bytes + byteCount
        if let source = gap.baseAddress { start.update(from: source, count: gap.count) }
        byteCount += gap.count
        gapCountMax = max(gapCountMax, gap.count)
        let (first, firstMask) = Self.word(gap, from: 0)
        let (second, secondMask) = Self.word(gap, from: 8)
        let node = nodes + nodeCount
        nodeCount += 1
        node.initialize(
            to: ShapeNode(
                firstWord: first, firstMask: firstMask, secondWord: second, secondMask: secondMask,
                gapCount: gap.count,
                rest: UnsafePointer(start) + 16, slots: slots, parent: parent, child: nil, alternative: nil))
        return node
    }

    private static func word(_ gap: UnsafeBufferPointer<UInt8>, from start: Int) -> (
        word: UInt64, mask: UInt64
    ) {
        var (word, mask): (UInt64, UInt64) = (0, 0)
        for index in start..<max(start, min(start + 8, gap.count)) {
            word |= UInt64(gap[index]) << UInt64((index - start) * 8)
            mask |= 0xFF << UInt64((index - start) * 8)
        }
        return (UInt64(littleEndian: word), UInt64(littleEndian: mask))
    }
}
