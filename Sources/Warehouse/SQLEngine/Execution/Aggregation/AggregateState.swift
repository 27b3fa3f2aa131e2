internal import CKernels
import JSON
import Vectors

/// The number of a row in the order of its input: the batch's order, then the row.
typealias RowNumber = UInt128

/// Rows of a batch with the group of each.
struct GroupedRows {
    /// Rows one after the other that belong to one group.
    struct Run {
        var group: Int
        var start: Int
        var count: Int
    }

    let groups: UnsafePointer<UInt32>
    let count: Int
    /// The same as runs, where there are few.
    let runs: [Run]?
    private let firstNumber: RowNumber

    init(_ groups: UnsafePointer<UInt32>, count: Int, order: UInt64) {
        self.groups = groups
        self.count = count
        firstNumber = RowNumber(order) << 32
        runs = Self.runs(groups, count)
    }

    /// The number of a row in the order of the input.
    @inline(__always)
    func number(_ row: Int) -> RowNumber { firstNumber | RowNumber(truncatingIfNeeded: row) }

    /// The rows as runs, where these are eight rows long on average.
    static func runs(_ groups: UnsafePointer<UInt32>, _ count: Int) -> [Run]? {
        guard count > 0 else { return [] }
        let changes = th_changes(groups, count)
        guard changes * 8 <= count else { return nil }
        var runs: [Run] = []
        runs.reserveCapacity(changes + 1)
        var start = 0
        while start < count {
            let end = th_run_end(groups, start, count)
            runs.append(Run(group: Int(groups[start]), start: start, count: end - start))
            start = end
        }
        return runs
    }
}

/// What an aggregate function knows of each group. One thread.
protocol AggregateState: AnyObject {
    /// Makes room: groups below `groups` may occur from now on.
    func grow(to groups: Int)
    /// Takes rows; `arguments` are the values of the call's arguments.
    func add(_ arguments: [Vector], _ rows: GroupedRows) throws
    /// Takes what another state of the same kind knows: its group g is group `groups[g]` here, unless that is
    /// `KeyTable.none`.
    func merge(_ other: any AggregateState, groups: [UInt32]) throws
    /// The results of the groups.
    func finish(_ groups: Int) throws -> Vector
    /// The bytes it holds, about.
    var byteCount: Int { get }
}

extension AggregateState {
    /// A state that is to be merged with this one, which must be of the same kind: to leave it out would lose rows
    /// without a word, so that it ends the process in every build.
    func ofThisKind(_ other: any AggregateState) -> Self {
        guard let other = other as? Self else {
            fatalError("a \(type(of: other)) cannot be merged into a \(type(of: self))")
        }
        return other
    }
}

/// A growing array of one value a group, without bounds checks in hot loops.
struct GroupArray<Value> {
    private(set) var base: UnsafeMutablePointer<Value>
    private(set) var count = 0
    private var capacity: Int
    private let initial: Value
    private let owner: Owner

    private final class Owner {
        var base: UnsafeMutablePointer<Value>
        init(_ base: UnsafeMutablePointer<Value>) { self.base = base }
        deinit { base.deallocate() }
    }

    /// - Parameter initial: what a group has before anything is added. Values are plain memory.
    init(_ initial: Value) {
        self.initial = initial
        capacity = 64
        base = .allocate(capacity: capacity)
        owner = Owner(base)
    }

    mutating func grow(to groups: Int) {
        guard groups > count else { return }
        if groups > capacity {
            capacity = max(groups, capacity * 2)
            let larger = UnsafeMutablePointer<Value>.allocate(capacity: capacity)
            larger.update(from: base, count: count)
            owner.base.deallocate()
            owner.base = larger
            base = larger
        }
        (base + count).initialize(repeating: initial, count: groups - count)
        count = groups
    }

    @inline(__always)
    subscript(_ group: Int) -> Value {
        get { base[group] }
        nonmutating set { base[group] = newValue }
    }

    var byteCount: Int { capacity * MemoryLayout<Value>.stride }
}

/// An addition of doubles that keeps what rounding loses, so that the order of the summands does not show in
/// the result.
struct ExactSum {
    var high = 0.0
    var low = 0.0

    @inline(__always)
    mutating func add(_ value: Double) {
        let sum = high + value
        let part = sum - high
        let error = (high - (sum - part)) + (value - part)
        high = sum
        low += error
    }

    /// Adds a product exactly.
    @inline(__always)
    mutating func add(product first: Double, _ second: Double) {
        let product = first * second
        add(product)
        low += (-product).addingProduct(first, second)
    }

    @inline(__always)
    mutating func add(_ other: ExactSum) {
        add(other.high)
        low += other.low
    }

    /// The sum; where infinities or NaNs took part, what plain addition gives.
    var value: Double {
        let sum = high + low
        return sum.isNaN ? high : sum
    }

    init() {}

    init(_ value: Int128) {
        high = Double(nearest: value)
        low = Double(nearest: value - Int128(high))
    }
}
