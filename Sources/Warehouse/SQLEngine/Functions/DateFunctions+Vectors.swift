import CivilTime
import Vectors

/// What date functions do to whole vectors of DATE, TIME and timestamps.
enum TemporalVectors {
    /// A value for each value; NULLs stay. `body` also sees what stands in rows that are NULL.
    @inline(__always)
    static func map(_ source: Vector, to type: SQLType, _ body: (Int64) -> Int64) -> Vector {
        let result = Vector.allocate(type, layout: .int64, count: source.count)
        let from = source.int64s
        let to = result.int64s
        for row in 0..<source.count { to[row] = body(from[row]) }
        return finish(result, like: source)
    }

    /// The values of `result` with the NULLs of `source`.
    static func finish(_ result: Vector, like source: Vector) -> Vector {
        result.with(
            validity: .some(source.validity), isConstant: source.isConstant,
            alsoKeeping: source.validity == nil ? nil : source)
    }

    /// A value for each pair of values, NULL where one of them is.
    @inline(__always)
    static func map(
        _ first: Vector, _ second: Vector, to type: SQLType, _ body: (Int64, Int64) -> Int64
    ) -> Vector {
        let count = min(first.count, second.count)
        let hasNulls = first.validity != nil || second.validity != nil
        let result = Vector.allocate(type, layout: .int64, count: count, hasValidity: hasNulls)
        let (left, right, to) = (first.int64s, second.int64s, result.int64s)
        for row in 0..<count { to[row] = body(left[row], right[row]) }
        if let validity = result.validity {
            for row in 0..<count { validity[row] = first.isValid(row) && second.isValid(row) ? 1 : 0 }
        }
        return result.with(isConstant: first.isConstant && second.isConstant)
    }

    /// The vector itself, if the values of its rows that are not NULL are in `range`.
    static func checked(_ vector: Vector, _ range: ClosedRange<Int64>, _ what: String) throws -> Vector {
        let values = vector.int64s
        let low = range.lowerBound
        let span = UInt64(bitPattern: range.upperBound &- low)
        var outside: UInt64 = 0
        for row in 0..<vector.count { outside |= UInt64(bitPattern: values[row] &- low) > span ? 1 : 0 }
        guard outside != 0 else { return vector }
        for row in 0..<vector.count where vector.isValid(row) && !range.contains(values[row]) {
            throw outOfRange(what)
        }
        return vector
    }

    /// The vector itself, if its dates or timestamps are of the years 1 to 9999.
    static func checked(_ vector: Vector, _ what: String) throws -> Vector {
        switch vector.type {
        case .date: try checked(vector, Civil.dayRange, what)
        case .time: vector
        case .timestampTZ: try checked(vector, packedRange, what)
        default: try checked(vector, Civil.microsecondRange, what)
        }
    }

    /// What a TIMESTAMP_TZ may be: from year 1 on as far as it can be held.
    private static let packedRange = (Civil.microsecondRange.lowerBound << 7)...Int64.max

    static func outOfRange(_ what: String) -> SQLError {
        SQLError(.data, "\(what) gives a date outside of the years 1 to 9999 (to 4253 with TIMESTAMP_TZ)")
    }

    /// Whole numbers in 64 bits. Throws where one does not fit.
    static func whole(_ vector: Vector) throws -> Vector {
        guard vector.layout == .int128 else { return vector }
        let result = Vector.allocate(vector.type, layout: .int64, count: vector.count)
        for row in 0..<vector.count {
            let value = vector.int128s[row]
            result.int64s[row] = Int64(truncatingIfNeeded: value)
            if Int64(exactly: value) == nil, vector.isValid(row) {
                throw SQLError(
                    .data, "\(value) is too large for a part of a date or time: years go from 1 to 9999")
            }
        }
        return finish(result, like: vector)
    }

    // MARK: Instants and wall clocks

    /// DATE and timestamps as wall-clock microseconds: of the session's zone for TIMESTAMP_LTZ, of its own
    /// offset for TIMESTAMP_TZ. A TIME stays what it is.
    static func wallClock(_ vector: Vector, _ context: EvaluationContext) -> Vector {
        switch vector.type {
        case .date: return map(vector, to: .timestampNTZ) { $0 &* Civil.day }
        case .timestampTZ:
            return map(vector, to: .timestampNTZ) {
                TimestampTZ.utcMicroseconds($0) &+ Int64(TimestampTZ.offsetMinutes($0)) &* 60_000_000
            }
        case .timestampLTZ:
            var clock = ZoneClock(context.zone)
            return map(vector, to: .timestampNTZ) { clock.local(fromUTC: $0) }
        default: return vector
        }
    }

    /// DATE and timestamps as days.
    static func days(_ vector: Vector, _ context: EvaluationContext) -> Vector {
        if vector.type == .date { return vector }
        return map(wallClock(vector, context), to: .date) { Civil.floor($0, Civil.day) }
    }

    /// Timestamps as microseconds since 1970 UTC; DATE and TIMESTAMP_NTZ are taken to be of UTC.
    static func instants(_ vector: Vector) -> Vector {
        switch vector.type {
        case .date: map(vector, to: .timestampNTZ) { $0 &* Civil.day }
        case .timestampTZ: map(vector, to: .timestampLTZ) { TimestampTZ.utcMicroseconds($0) }
        default: vector
        }
    }

    /// A date or time as another type.
    static func convert(_ vector: Vector, to type: SQLType, _ context: EvaluationContext) throws -> Vector {
        if vector.type == type { return vector }
        switch type {
        case .date: return days(vector, context)
        case .time: return map(wallClock(vector, context), to: .time) { Civil.modulo($0, Civil.day) }
        case .timestampLTZ where vector.type == .timestampTZ: return instants(vector)
        case .timestampTZ where vector.type == .timestampLTZ:
            var clock = ZoneClock(context.zone)
            return try checked(
                map(vector, to: type) { pack($0, clock.offsetMinutes(atUTC: $0)) }, "TIMESTAMP_TZ")
        default: return try checked(from(wallClock: wallClock(vector, context), to: type, context), "\(type)")
        }
    }

    /// Wall-clock microseconds as a type of date or timestamp.
    ///
    /// - Parameter like: where a TIMESTAMP_TZ takes its offset from.
    static func from(wallClock: Vector, to type: SQLType, like: Vector? = nil, _ context: EvaluationContext)
        -> Vector
    {
        switch type {
        case .date: return map(wallClock, to: .date) { Civil.floor($0, Civil.day) }
        case .timestampLTZ:
            var clock = ZoneClock(context.zone)
            return map(wallClock, to: type) { clock.utc(fromLocal: $0) }
        case .timestampTZ:
            if let like, like.type == .timestampTZ {
                return map(wallClock, like, to: type) { local, packed in
                    let offset = TimestampTZ.offsetMinutes(packed)
                    return pack(local &- Int64(offset) &* 60_000_000, offset)
                }
            }
            var clock = ZoneClock(context.zone)
            return map(wallClock, to: type) { local in
                let instant = clock.utc(fromLocal: local)
                return pack(instant, clock.offsetMinutes(atUTC: instant))
            }
        default: return wallClock.with(type: type)
        }
    }

    /// A TIMESTAMP_TZ; one too late to be held becomes `Int64.min`, which no check lets pass.
    @inline(__always)
    static func pack(_ instant: Int64, _ offsetMinutes: Int) -> Int64 {
        TimestampTZ.range.contains(instant)
            ? instant << 7 | Int64(truncatingIfNeeded: offsetMinutes / 15 &+ 64) & 127 : .min
    }
}

/// Offsets of a zone for many times that mostly lie close together.
struct ZoneClock {
    private let zone: TimeZoneRules
    /// A day of UTC with one offset, with which the days before and after it begin and end, too.
    private var start = Int64.min
    private var offset: Int64 = 0
    private var lastLookedUp: Int64 = 0
    /// Times that are looked up; the years that dates can have, and a little more.
    private static let limit = Civil.microsecondRange.upperBound &+ 2 &* Civil.day

    init(_ zone: TimeZoneRules) { self.zone = zone }

    /// The offset in microseconds.
    @inline(__always)
    mutating func offset(atUTC instant: Int64) -> Int64 {
        if UInt64(bitPattern: instant &- start) < UInt64(Civil.day) { return offset }
        return lookUp(instant)
    }

    private mutating func lookUp(_ given: Int64) -> Int64 {
        let instant = min(max(given, -Self.limit), Self.limit)
        let found = zone.offsetSeconds(atUTC: instant)
        // A day is worth remembering only where times lie close together.
        let isNear = abs(instant - lastLookedUp) < 3 * Civil.day
        lastLookedUp = instant
        guard isNear else { return found * 1_000_000 }
        let day = Civil.floor(instant, Civil.day) * Civil.day
        if zone.offsetSeconds(atUTC: day - Civil.day) == found,
            zone.offsetSeconds(atUTC: day + 2 * Civil.day) == found
        {
            start = day
            offset = found * 1_000_000
        }
        return found * 1_000_000
    }

    @inline(__always)
    mutating func local(fromUTC instant: Int64) -> Int64 { instant &+ offset(atUTC: instant) }

    /// The instant of a wall-clock time, with the rules of `TimeZoneRules.utc(fromLocal:)`.
    @inline(__always)
    mutating func utc(fromLocal local: Int64) -> Int64 {
        // No other offset is near the day, so there is no other instant of this wall-clock time.
        if UInt64(bitPattern: local &- offset &- start) < UInt64(Civil.day) { return local &- offset }
        let instant = zone.utc(fromLocal: min(max(local, -Self.limit), Self.limit))
        _ = lookUp(instant)
        return instant
    }

    /// The offset in minutes, to a quarter of an hour: what a TIMESTAMP_TZ can hold. (Local mean times of
    /// long ago are of odd seconds.)
    mutating func offsetMinutes(atUTC instant: Int64) -> Int {
        let quarters = Civil.floor(offset(atUTC: instant) + 450_000_000, 900_000_000)
        return Int(quarters) * 15
    }
}
