import CivilTime
import JSON
import Vectors

/// To DATE, TIME and timestamps.
extension Conversion {
    func toTime(_ vector: Vector) throws -> Vector {
        switch vector.type {
        case .varchar: return try readTime(vector)
        case .number, .float: return try fromEpoch(vector)
        case .date where to.isTimestamp:
            let midnight = mapAll(vector) { $0 &* Calendar.microsecondsPerDay }.with(type: .timestampNTZ)
            return to == .timestampNTZ ? midnight : try fromWallClock(midnight)
        case .timestampNTZ: return try fromWallClock(vector)
        case .timestampLTZ: return try fromInstant(vector)
        case .timestampTZ:
            if to == .timestampLTZ { return mapAll(vector) { TimestampTZ.utcMicroseconds($0) } }
            let wallClock = mapAll(vector) {
                TimestampTZ.utcMicroseconds($0) + Int64(TimestampTZ.offsetMinutes($0)) * 60_000_000
            }
            return try fromWallClock(wallClock.with(type: .timestampNTZ))
        default: throw impossible(vector)
        }
    }

    /// From VARCHAR, or VARIANT of JSON text.
    func readTime(_ vector: Vector) throws -> Vector {
        switch to {
        case .date: try read(vector, Readers.date)
        case .time: try read(vector, Readers.time)
        default: try read(vector, Readers.timestamp)
        }
    }

    /// From a TIMESTAMP_NTZ.
    private func fromWallClock(_ vector: Vector) throws -> Vector {
        switch to {
        case .date:
            return mapAll(vector) { Calendar.floorDivide($0, by: Calendar.microsecondsPerDay).quotient }
        case .time:
            return mapAll(vector) { Calendar.floorDivide($0, by: Calendar.microsecondsPerDay).remainder }
        case .timestampNTZ: return vector
        default:
            let zone = context.zone
            if to == .timestampLTZ {
                if zone === TimeZoneRules.utc { return vector.with(type: to) }
                return mapAll(vector) { zone.utc(fromLocal: $0) }
            }
            return try map(
                vector, vector.int64s, layout: .int64, as: Int64.self, zero: 0, failure: outOfRange
            ) { packed(utc: zone.utc(fromLocal: $0)) }
        }
    }

    /// From a TIMESTAMP_LTZ.
    private func fromInstant(_ vector: Vector) throws -> Vector {
        let zone = context.zone
        if to == .timestampTZ {
            return try map(
                vector, vector.int64s, layout: .int64, as: Int64.self, zero: 0, failure: outOfRange
            ) { packed(utc: $0) }
        }
        let wallClock =
            zone === TimeZoneRules.utc ? vector : mapAll(vector) { zone.local(fromUTC: $0) }
        return try fromWallClock(wallClock.with(type: .timestampNTZ))
    }

    /// A TIMESTAMP_TZ of an instant, with the session's offset.
    private func packed(utc: Int64) -> Int64? {
        guard TimestampTZ.range.contains(utc) else { return nil }
        return TimestampTZ.pack(
            utcMicroseconds: utc, offsetMinutes: Int(context.zone.offsetSeconds(atUTC: utc) / 60))
    }

    private func outOfRange(_ microseconds: Int64) -> SQLError {
        SQLError(.data, "Timestamp '\(TemporalText.timestamp(microseconds))' is out of the range of \(to)")
    }

    /// Whole numbers as `TextParsing.microseconds(ofEpoch:)` has them, others as seconds.
    private func fromEpoch(_ vector: Vector) throws -> Vector {
        if vector.layout != .int64 || vector.scale > 18 {
            // Whatever is in range as microseconds has at most 19 digits.
            let seconds = SQLType.number(
                precision: 19, scale: vector.layout == .double ? 6 : min(vector.scale, 6))
            let narrow = try Conversion(to: seconds, isTry: isTry, context: context).toNumber(vector)
                .narrowed()
            return try fromEpoch(narrow.layout == .int64 ? narrow : fittingIntegers(narrow))
        }
        let scale = vector.scale
        if scale == 0, to == .timestampNTZ || to == .timestampLTZ {
            let range = IntegerKernels.range(vector.int64s, count: vector.count)
            if range.least > -TextParsing.epochSecondsEnd, range.greatest < TextParsing.epochSecondsEnd {
                return mapAll(vector) { $0 &* 1_000_000 }
            }
        }
        let power = DecimalMath.powers64[scale]
        let failure = { (value: Int64) in
            unrecognized(Int128(value), scale: scale)
        }
        return try map(vector, vector.int64s, layout: .int64, as: Int64.self, zero: 0, failure: failure) {
            number in
            let microseconds: Int64?
            let (whole, rest) = scale == 0 ? (number, 0) : number.quotientAndRemainder(dividingBy: power)
            if rest == 0 {
                microseconds = TextParsing.microseconds(ofEpoch: whole)
            } else {
                microseconds = DecimalMath.shifted(Int128(number), by: 6 - scale).flatMap {
                    Int64(exactly: $0).flatMap { Civil.microsecondRange.contains($0) ? $0 : nil }
                }
            }
            return microseconds.flatMap { value(of: .init(local: $0, isEpoch: true)) }
        }
    }

    private func unrecognized(_ value: Int128, scale: Int) -> SQLError {
        let text = DecimalText.text(value, scale: scale, trimmed: true)
        return SQLError(.data, "\(to == .date ? "Date" : "Timestamp") '\(text)' is not recognized")
    }

    /// Numbers of 128 bits as such of 64; of others there is no date or timestamp.
    private func fittingIntegers(_ vector: Vector) throws -> Vector {
        let failure = { (value: Int128) in unrecognized(value, scale: vector.scale) }
        let numbers = Conversion(to: vector.type, isTry: isTry, context: context)
        return try numbers.map(
            vector, vector.int128s, layout: .int64, as: Int64.self, zero: 0, failure: failure
        ) { Int64(exactly: $0) }
    }

    /// The value of a timestamp that was read, as the target type has it.
    func value(of read: TextParsing.Timestamp) -> Int64? {
        switch to {
        case .date: return Calendar.floorDivide(read.local, by: Calendar.microsecondsPerDay).quotient
        case .time: return Calendar.floorDivide(read.local, by: Calendar.microsecondsPerDay).remainder
        // The wall-clock time as it was written, whatever its zone.
        case .timestampNTZ: return read.local
        default:
            var utc = read.local
            if let offset = read.offsetMinutes {
                utc -= Int64(offset) * 60_000_000
            } else if !read.isEpoch {
                utc = context.zone.utc(fromLocal: utc)
            }
            if to == .timestampLTZ { return utc }
            guard let offset = read.offsetMinutes else { return packed(utc: utc) }
            // Offsets are held in quarters of an hour.
            guard offset % 15 == 0, TimestampTZ.range.contains(utc) else { return nil }
            return TimestampTZ.pack(utcMicroseconds: utc, offsetMinutes: offset)
        }
    }
}
