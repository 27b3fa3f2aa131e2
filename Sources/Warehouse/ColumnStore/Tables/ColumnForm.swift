import JSON

internal import Vectors

/// The one form in which a scan gives a column, whatever its segments are.
enum ColumnForm: Equatable, Sendable {
    /// As the type says; NUMBER with 64 or 128 bits as each batch has it.
    case natural
    /// FLOAT, or numbers at a path of a VARIANT, as integers with a scale.
    case decimals(scale: Int, isWide: Bool)
    case doubles
    /// Truth values or strings at a path of a VARIANT.
    case booleans, strings
    /// JSON text.
    case json

    /// The form for FLOAT segments.
    static func ofFloat(_ zones: [ZoneMap]) -> ColumnForm {
        let filled = zones.filter { $0.values > 0 }
        guard let scale = filled.map(\.scale).max(), filled.allSatisfy({ $0.layout == .int64 }) else {
            return .doubles
        }
        return fits(filled, scale: scale, limit: Decimals.magnitudeMax)
            ? .decimals(scale: scale, isWide: false) : .doubles
    }

    /// The form for segments of one path of a VARIANT.
    static func ofPath(_ zones: [ZoneMap]) -> ColumnForm {
        let filled = zones.filter { $0.values > 0 }
        if filled.isEmpty || filled.contains(where: \.isJSON) { return .json }
        if filled.allSatisfy({ $0.layout == .bool }) { return .booleans }
        if filled.allSatisfy({ $0.layout == .string }) { return .strings }
        if filled.allSatisfy({ $0.layout == .double }) { return .doubles }
        guard filled.allSatisfy({ $0.layout == .int64 || $0.layout == .int128 }),
            let scale = filled.map(\.scale).max()
        else {
            return .json
        }
        if fits(filled, scale: scale, limit: UInt64(Int64.max)) {
            return .decimals(scale: scale, isWide: false)
        }
        return filled.allSatisfy { fitsWide($0, scale: scale) }
            ? .decimals(scale: scale, isWide: true) : .json
    }

    private static func fits(_ zones: [ZoneMap], scale: Int, limit: UInt64) -> Bool {
        zones.allSatisfy { zone in
            guard let magnitude = zone.integerMagnitude, scale - zone.scale <= 18 else { return false }
            let (product, overflow) = magnitude.multipliedReportingOverflow(
                by: UInt64(integerPower(scale - zone.scale)))
            return !overflow && product <= limit
        }
    }

    private static func fitsWide(_ zone: ZoneMap, scale: Int) -> Bool {
        let limit = UInt128(integerPower(38) - 1)
        let magnitude: UInt128
        switch zone.bounds {
        case .integers(let min, let max): magnitude = UInt128(Swift.max(min.magnitude, max.magnitude))
        case .wide(let min, let max): magnitude = Swift.max(min.magnitude, max.magnitude)
        default: return false
        }
        let (product, overflow) = magnitude.multipliedReportingOverflow(
            by: UInt128(integerPower(scale - zone.scale)))
        return !overflow && product <= limit
    }

    // MARK: Vectors in the form

    /// A vector in this form, whose values are in a form that this one was made for.
    func conform(_ vector: Vector) throws -> Vector {
        switch self {
        case .natural: return vector
        case .json: return vector.asCompactJSONText()
        case .doubles where vector.layout == .int64 || vector.layout == .int128:
            return vector.asDoubles().with(type: vector.type)
        case .decimals(let scale, let isWide) where vector.layout == .int64 || vector.layout == .int128:
            let scaled = try vector.scaledUp(to: scale)
            return isWide ? scaled.widened() : scaled
        default:
            guard vector.layout == layout(of: vector.type), !vector.isJSON else {
                throw SegmentDamage("values are not in the form that the zone map says")
            }
            return vector
        }
    }

    /// Rows without values in this form: NULL, or where `states` says so JSON null.
    func blank(_ type: SQLType, count: Int, states: Vector?) -> Vector {
        if self == .natural || self == .json, states?.validity == nil { return .nulls(type, count: count) }
        let layout = layout(of: type)
        let isJSON = layout == .string && (self == .json || self == .natural && type.isSemiStructured)
        let vector = Vector.allocate(
            type, layout: layout, scale: scale ?? type.scale, count: count, hasValidity: true,
            dictionary: layout == .string ? (isJSON ? Self.jsonNull : Self.emptyString) : nil, isJSON: isJSON)
        vector.raw.initializeMemory(as: UInt8.self, repeating: 0, count: count * layout.stride)
        for row in 0..<count {
            let state = states?.validity?[row] ?? 0
            vector.validity?[row] = isJSON && state == Vector.jsonNull ? 1 : state
        }
        return states == nil ? vector.with(isConstant: true) : vector
    }

    private static let emptyString = StringDictionary([""])
    private static let jsonNull = StringDictionary(["null"])

    private var scale: Int? { if case .decimals(let scale, _) = self { scale } else { nil } }

    private func layout(of type: SQLType) -> Layout {
        switch self {
        case .natural: type.layout
        case .decimals(_, let isWide): isWide ? .int128 : .int64
        case .doubles: .double
        case .booleans: .bool
        case .strings, .json: .string
        }
    }
}

extension Vector {
    /// `asJSONText`, without turning a whole dictionary that is much larger than the vector.
    func asCompactJSONText() -> Vector {
        guard layout == .string, !isJSON, let dictionary, dictionary.count > 2 * count else {
            return asJSONText()
        }
        let builder = StringDictionaryBuilder(capacity: count)
        let compact = Vector.allocate(type, layout: .string, count: count, isJSON: false)
        for row in 0..<count {
            compact.codes[row] = UInt32(row)
            builder.append(bytes(row))
        }
        return compact.with(
            validity: .some(validity), dictionary: builder.finish(), isConstant: isConstant, alsoKeeping: self
        )
        .asJSONText()
    }
}
