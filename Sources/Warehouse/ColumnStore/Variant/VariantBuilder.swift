import JSON
import Vectors

/// Collects JSON values row by row as slots of paths and a residue: what both shredders share. One thread.
///
/// The complete way in is `store(_:row:)`; the fast path of NDJSON writes into the slots itself.
final class VariantBuilder {
    /// The most paths that have slots while rows are read; more than are kept, as the first rows may have
    /// rare ones.
    static let slotsMax = 256

    let paths = ShredPaths()
    /// The slots by number; they never move.
    let slots: UnsafeMutablePointer<ShredSlots>
    var slotCount = 0
    /// The path of each slot.
    var slotPaths: [Int32] = []
    /// Where slots get their memory.
    let pool = ShredPool()
    /// How many rows the slots have room for.
    var capacity: Int
    var residueCodes: UnsafeMutablePointer<UInt32>?
    var residueStrings = StringCodes()
    private var writer = JSONWriter(capacity: 1024)
    private var stamp: UInt64 = 0
    private lazy var canonicalTape = JSONTape()

    init(capacity: Int) {
        self.capacity = capacity
        slots = .allocate(capacity: Self.slotsMax)
    }

    deinit {
        releaseSlots()
        slots.deallocate()
    }

    func releaseSlots() {
        for slot in 0..<slotCount { slots[slot].free(pool) }
        slotCount = 0
        slotPaths.removeAll(keepingCapacity: true)
        residueCodes?.deallocate()
        residueCodes = nil
        residueStrings.free()
    }

    /// Makes room for more rows than there are now.
    func grow(rows: Int) {
        let larger = capacity * 2
        for slot in 0..<slotCount { slots[slot].grow(from: rows, to: larger, pool) }
        if let old = residueCodes {
            let codes = UnsafeMutablePointer<UInt32>.allocate(capacity: larger)
            codes.update(from: old, count: capacity)
            (codes + capacity).initialize(repeating: 0, count: larger - capacity)
            old.deallocate()
            residueCodes = codes
        }
        capacity = larger
    }

    /// The slots of a path, made if there is room.
    func slots(of node: Int32) -> UnsafeMutablePointer<ShredSlots>? {
        let known = paths.nodes[Int(node)].column
        if known >= 0 { return slots + Int(known) }
        guard slotCount < Self.slotsMax else { return nil }
        (slots + slotCount).initialize(to: ShredSlots(capacity: capacity, pool))
        paths.nodes[Int(node)].column = Int32(slotCount)
        slotPaths.append(node)
        slotCount += 1
        return slots + slotCount - 1
    }

    // MARK: Values

    /// Keeps a parsed value as row `row`, which must be the next one.
    ///
    /// - Returns: whether it is an object of which all is in slots, each key once.
    func store(_ tape: JSONTape, row: Int) -> Bool {
        guard tape.nodes[0].kind == .object, tape.nodes[0].next > 1 else {
            tape.nodes[0].mark = .whole
            storeResidue(tape, row)
            return false
        }
        stamp += 1
        switch shred(tape, 0, 0, depth: 1, row) {
        case .all: return true
        case .some:
            tape.nodes[0].mark = .part
            storeResidue(tape, row)
        case .duplicate: storeWithoutDuplicates(tape, row)
        }
        return false
    }

    private enum Outcome { case all, some, duplicate }

    private func shred(_ tape: JSONTape, _ object: Int, _ parent: Int32, depth: Int, _ row: Int) -> Outcome {
        let nodes = tape.nodes
        var outcome = Outcome.all
        var previous = parent
        var key = object + 1
        while key < Int(nodes[object].next) {
            let value = key + 1
            var isKept = false
            if let node = paths.child(of: parent, key: tape.bytes(of: key), after: previous) {
                if paths.nodes[Int(node)].stamp == stamp { return .duplicate }
                paths.nodes[Int(node)].stamp = stamp
                previous = node
                if nodes[value].kind != .object {
                    isKept = keep(tape, value, node, row)
                } else if nodes[value].next > value + 1, depth < ShreddedVariant.depthMax {
                    switch shred(tape, value, node, depth: depth + 1, row) {
                    case .all: isKept = true
                    case .some:
                        nodes[value].mark = .part
                        outcome = .some
                        isKept = true
                    case .duplicate: return .duplicate
                    }
                }
            }
            if !isKept {
                nodes[value].mark = .whole
                outcome = .some
            }
            key = Int(nodes[value].next)
        }
        return outcome
    }

    private func keep(_ tape: JSONTape, _ value: Int, _ node: Int32, _ row: Int) -> Bool {
        let kind = tape.nodes[value].kind
        guard kind != .array, let slots = slots(of: node) else { return false }
        switch kind {
        case .null: slots.pointee.tags[row] = ShredTag.null
        case .yes: slots.pointee.store(boolean: true, row: row)
        case .no: slots.pointee.store(boolean: false, row: row)
        case .string: slots.pointee.store(string: tape.bytes(of: value), row: row)
        case .number: return slots.pointee.store(number: tape.bytes(of: value), row: row)
        case .array, .object: return false
        }
        return true
    }

    /// A key is there twice: takes back what was kept and stores the canonical text, in which it is there
    /// once.
    private func storeWithoutDuplicates(_ tape: JSONTape, _ row: Int) {
        for slot in 0..<slotCount { slots[slot].tags[row] = ShredTag.missing }
        for node in 0..<tape.count { tape.nodes[node].mark = .none }
        writer.count = 0
        tape.appendCanonical(0, to: &writer)
        var canonical = JSONWriter(capacity: writer.count)
        canonical.append(writer.bytes)
        do throws(JSONError) {
            try canonicalTape.parse(canonical.bytes)
        } catch {
            preconditionFailure("a canonical text is no JSON: \(error)")
        }
        _ = store(canonicalTape, row: row)
    }

    private func storeResidue(_ tape: JSONTape, _ row: Int) {
        writer.count = 0
        tape.appendCanonical(0, marked: true, to: &writer)
        setResidue(writer.bytes, row)
    }

    private func setResidue(_ text: UnsafeBufferPointer<UInt8>, _ row: Int) {
        let codes: UnsafeMutablePointer<UInt32>
        if let residueCodes {
            codes = residueCodes
        } else {
            codes = .allocate(capacity: capacity)
            codes.initialize(repeating: 0, count: capacity)
            residueCodes = codes
            // Code 0 stands for rows without a residue.
            _ = residueStrings.code(UnsafeBufferPointer(start: nil, count: 0))
        }
        codes[row] = residueStrings.code(text)
    }
}
