internal import CKernels

/// One block of an integer stream, its head read and its sizes checked. Points into the stream's bytes.
struct IntegerBlock {
    enum Kind: UInt8 { case constant, frame, delta, runs }

    let kind: Kind
    let count: Int
    private let width: UInt32
    /// Constant: the value. Frame, runs: the least value. Delta: the first value.
    let base: Int64
    private var deltaBase: Int64 = 0
    private var deltaBounds: (Int64, Int64) = (0, 0)
    private var patchCount = 0
    private var patchBase: Int64 = 0
    private var patchWidth: UInt32 = 0
    private var packed: UnsafeRawPointer
    private var places: UnsafeRawPointer
    private var patches: UnsafeRawPointer
    let hasPatches: Bool

    static let patchFlag: UInt8 = 128

    /// - Parameter count: the values of the block, 1 to 1,024.
    init(_ bytes: UnsafeRawBufferPointer, count: Int) throws {
        var source = ByteSource(bytes)
        let encoding = try source.integer(UInt8.self)
        guard let kind = Kind(rawValue: encoding & ~Self.patchFlag) else {
            throw SegmentDamage("a block has the unknown encoding \(encoding)")
        }
        self.kind = kind
        self.count = count
        hasPatches = encoding & Self.patchFlag != 0
        width = UInt32(try source.integer(UInt8.self))
        let number = Int(try source.integer(UInt16.self))
        base = try source.integer()
        packed = source.rest.baseAddress ?? UnsafeRawPointer(bitPattern: 16).unsafelyUnwrapped
        places = packed
        patches = packed
        switch kind {
        case .constant: break
        case .runs:
            guard width <= 8, number <= count else { throw SegmentDamage("a block has impossible runs") }
            patchCount = number
            places = try Self.address(&source, number * 2)
            patches = try Self.address(&source, number * Int(width))
        case .frame, .delta:
            if kind == .delta {
                deltaBase = try source.integer()
                deltaBounds = (try source.integer(), try source.integer())
            }
            if hasPatches {
                patchBase = try source.integer()
                patchWidth = UInt32(try source.integer(UInt8.self))
                patchCount = number
            }
            guard width <= 64, patchWidth <= 8, patchCount <= count else {
                throw SegmentDamage("a block has impossible widths")
            }
            packed = try Self.address(&source, SegmentFormat.packedBytes(count, width: Int(width)))
            places = try Self.address(&source, patchCount * 2)
            patches = try Self.address(&source, patchCount * Int(patchWidth))
        }
    }

    private static func address(_ source: inout ByteSource, _ count: Int) throws -> UnsafeRawPointer {
        try source.take(count).baseAddress ?? UnsafeRawPointer(bitPattern: 16).unsafelyUnwrapped
    }

    /// Values that none of the block is below or above.
    var bounds: (min: Int64, max: Int64) {
        switch kind {
        case .constant: return (base, base)
        case .delta: return deltaBounds
        case .runs: return (base, Self.sum(base, mask(width * 8)))
        case .frame:
            let top = Self.sum(base, mask(width))
            guard hasPatches else { return (base, top) }
            return (min(base, patchBase), max(top, Self.sum(patchBase, mask(patchWidth * 8))))
        }
    }

    private func mask(_ bits: UInt32) -> UInt64 { bits >= 64 ? .max : (1 << UInt64(bits)) - 1 }

    private static func sum(_ base: Int64, _ range: UInt64) -> Int64 {
        let distance = UInt64(bitPattern: Int64.max &- base)
        return range >= distance ? .max : base &+ Int64(bitPattern: range)
    }

    /// Writes the values; `out` has room for 1,024.
    func decode(into out: UnsafeMutablePointer<Int64>) throws {
        let rows = (count + 31) / 32
        switch kind {
        case .constant: out.update(repeating: base, count: count)
        case .runs:
            guard th_fill_runs(places, patches, width, patchCount, base, count, out) != 0 else {
                throw SegmentDamage("the runs of a block do not add up to it")
            }
        case .frame:
            th_unpack64(packed, width, rows, base, out)
            th_patch(out, places, patches, patchWidth, patchCount, patchBase)
        case .delta:
            th_unpack64(packed, width, rows, deltaBase, out)
            th_patch(out, places, patches, patchWidth, patchCount, patchBase)
            th_prefix_sum(out, count, base)
        }
    }

    /// Writes the low 32 bits of the values; `out` and `scratch` have room for 1,024.
    func decode(into out: UnsafeMutablePointer<UInt32>, scratch: UnsafeMutablePointer<Int64>) throws {
        switch kind {
        case .constant: out.update(repeating: UInt32(truncatingIfNeeded: base), count: count)
        case .frame where !hasPatches && width <= 32:
            th_unpack32(packed, width, (count + 31) / 32, UInt32(truncatingIfNeeded: base), out)
        default:
            try decode(into: scratch)
            th_narrow32(scratch, count, out)
        }
    }

    /// How the block is encoded, for statistics.
    var encoding: BlockEncoding {
        switch kind {
        case .constant: .constant
        case .runs: .runs
        case .frame: hasPatches ? .patchedFrame : .frame
        case .delta: hasPatches ? .patchedDelta : .delta
        }
    }
}
