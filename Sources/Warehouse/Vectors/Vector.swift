/// The values of one column for the rows of a batch.
///
/// Whoever allocates a vector fills it through its pointers before anybody else sees it; from then on it is
/// immutable and
/// may be shared between threads.
///
/// FLOAT vectors may be decimals: layout `int64` with the value times 10^`scale`. Sums of them are exact. Kernels that
/// do not care call `asDoubles()`. VARIANT vectors have one of several forms, see `VariantForm`.
public final class Vector: @unchecked Sendable {
    // Immutable once shared.

    /// The type of the values.
    public let type: SQLType
    /// How they lie in memory. NUMBER: `int64`, or `int128` where a value of the batch needs it.
    public let layout: Layout
    /// Digits behind the point of integers: the scale of a NUMBER, or that of a FLOAT or VARIANT held as decimals.
    public let scale: Int
    /// How many values there are.
    public let count: Int
    /// The values. Where `validity` is 0 the value is arbitrary (a string's code still points into its dictionary,
    /// which then is not empty).
    public let raw: UnsafeMutableRawPointer
    /// A byte a row: 0 for NULL, 1 for a value, 2 for JSON null in a VARIANT that is not JSON text. `nil`: no NULLs.
    public let validity: UnsafeMutablePointer<UInt8>?
    /// What the codes of a string layout point into.
    public let dictionary: StringDictionary?
    /// Whether text in a VARIANT is JSON text (otherwise it is a string's own characters).
    public let isJSON: Bool
    /// Whether all rows are known to be equal. They are all there in memory nevertheless.
    public let isConstant: Bool
    private let owner: AnyObject?

    /// How rows of a validity mark JSON null.
    public static let jsonNull: UInt8 = 2

    /// Values in memory that `owner` keeps.
    package init(
        type: SQLType, layout: Layout, scale: Int? = nil, count: Int, raw: UnsafeMutableRawPointer,
        validity: UnsafeMutablePointer<UInt8>?, dictionary: StringDictionary? = nil, isJSON: Bool = false,
        isConstant: Bool = false, owner: AnyObject?
    ) {
        self.type = type
        self.layout = layout
        self.scale = scale ?? type.scale
        self.count = count
        self.raw = raw
        self.validity = validity
        self.dictionary = dictionary
        self.isJSON = isJSON
        self.isConstant = isConstant
        self.owner = owner
    }

    /// A vector whose values, and validity where it has one, are still to be written.
    ///
    /// - Parameter dictionary: needed for the string layout (it may be made after the codes: see `with(dictionary:)`).
    package static func allocate(
        _ type: SQLType, layout: Layout? = nil, scale: Int? = nil, count: Int, hasValidity: Bool = false,
        dictionary: StringDictionary? = nil, isJSON: Bool? = nil
    ) -> Vector {
        let layout = layout ?? type.layout
        let valueBytes = (count * layout.stride + 15) & ~15
        let memory = VectorMemory(byteCount: valueBytes + (hasValidity ? count : 0))
        return Vector(
            type: type, layout: layout, scale: scale, count: count, raw: memory.pointer,
            validity: hasValidity
                ? (memory.pointer + valueBytes).assumingMemoryBound(to: UInt8.self) : nil,
            dictionary: dictionary, isJSON: isJSON ?? (layout == .string && type.isSemiStructured),
            owner: memory)
    }

    /// The same values with something else said of them.
    package func with(
        type: SQLType? = nil, scale: Int? = nil, validity: UnsafeMutablePointer<UInt8>?? = nil,
        dictionary: StringDictionary? = nil, isJSON: Bool? = nil, isConstant: Bool? = nil, count: Int? = nil,
        alsoKeeping other: AnyObject? = nil
    ) -> Vector {
        Vector(
            type: type ?? self.type, layout: layout, scale: scale ?? self.scale, count: count ?? self.count,
            raw: raw,
            validity: validity ?? self.validity, dictionary: dictionary ?? self.dictionary,
            isJSON: isJSON ?? self.isJSON, isConstant: isConstant ?? self.isConstant,
            owner: other.map { Kept(owner, $0) } ?? owner)
    }

    private final class Kept {
        let objects: (AnyObject?, AnyObject)
        init(_ first: AnyObject?, _ second: AnyObject) { objects = (first, second) }
    }

    // MARK: The values, by layout

    /// The values of the layout of that name. A byte each, 0 or 1.
    @inlinable public var bools: UnsafeMutablePointer<UInt8> { raw.assumingMemoryBound(to: UInt8.self) }
    /// The values of the layout of that name. 64-bit integers.
    @inlinable public var int64s: UnsafeMutablePointer<Int64> { raw.assumingMemoryBound(to: Int64.self) }
    /// The values of the layout of that name. 128-bit integers.
    @inlinable public var int128s: UnsafeMutablePointer<Int128> { raw.assumingMemoryBound(to: Int128.self) }
    /// The values of the layout of that name. Doubles.
    @inlinable public var doubles: UnsafeMutablePointer<Double> { raw.assumingMemoryBound(to: Double.self) }
    /// The values of the layout of that name. Codes into the dictionary.
    @inlinable public var codes: UnsafeMutablePointer<UInt32> { raw.assumingMemoryBound(to: UInt32.self) }

    /// Whether a row is not NULL. (JSON null in a VARIANT is a value.)
    @inlinable public func isValid(_ row: Int) -> Bool { validity.map { $0[row] != 0 } ?? true }

    /// The bytes of a row of the string layout.
    @inlinable public func bytes(_ row: Int) -> UnsafeBufferPointer<UInt8> {
        dictionary.unsafelyUnwrapped[Int(codes[row])]
    }
}
