import CivilTime
import Vectors

extension DateFunctions {
    static let making: [ScalarFunction] = [
        ScalarFunction(
            "DATE_FROM_PARTS", aliases: ["DATEFROMPARTS"], "DATE_FROM_PARTS(year, month, day)",
            "A DATE of its parts; months and days beyond their range carry over."
        ) { arguments throws(SQLError) in
            let signature = "DATE_FROM_PARTS(year, month, day)"
            try expect(arguments, 3...3, signature)
            for place in 0..<3 { try number(arguments, place, signature) }
            return ScalarFunction.Binding([.integer, .integer, .integer], .date) { vectors, count, _ in
                let parts = try vectors.map(TemporalVectors.whole)
                let result = try RowCalls.values(parts, count: count, .date, .int64, zero: Int64(0)) {
                    days(parts, $0)
                }
                return try TemporalVectors.checked(result, "DATE_FROM_PARTS")
            }
        },
        ScalarFunction(
            "TIME_FROM_PARTS", aliases: ["TIMEFROMPARTS"],
            "TIME_FROM_PARTS(hour, minute, second [, nanosecond])",
            "A TIME of its parts; those beyond their range carry over."
        ) { arguments throws(SQLError) in
            let signature = "TIME_FROM_PARTS(hour, minute, second [, nanosecond])"
            try expect(arguments, 3...4, signature)
            for place in arguments.indices { try number(arguments, place, signature) }
            let types = [SQLType](repeating: .integer, count: arguments.count)
            return ScalarFunction.Binding(types, .time) { vectors, count, _ in
                let parts = try vectors.map(TemporalVectors.whole)
                return try RowCalls.values(parts, count: count, .time, .int64, zero: Int64(0)) {
                    timeOfDay(parts, $0)
                }
            }
        },
        timestampMaker(
            "TIMESTAMP_NTZ_FROM_PARTS",
            aliases: ["TIMESTAMPNTZFROMPARTS", "TIMESTAMP_FROM_PARTS", "TIMESTAMPFROMPARTS"], .timestampNTZ),
        timestampMaker("TIMESTAMP_LTZ_FROM_PARTS", aliases: ["TIMESTAMPLTZFROMPARTS"], .timestampLTZ),
        timestampMaker("TIMESTAMP_TZ_FROM_PARTS", aliases: ["TIMESTAMPTZFROMPARTS"], .timestampTZ),
    ]

    private static func timestampMaker(_ name: String, aliases: [String], _ type: SQLType) -> ScalarFunction {
        let zone = type == .timestampTZ ? " [, time_zone]" : ""
        let signature = "\(name)(year, month, day, hour, minute, second [, nanosecond]\(zone))"
        return ScalarFunction(
            name, aliases: aliases, signature, "A \(type) of its parts; those beyond their range carry over."
        ) { arguments throws(SQLError) in
            if type == .timestampNTZ, arguments.count == 2 {
                return try bindDateAndTime(arguments, signature)
            }
            try expect(arguments, 6...(type == .timestampTZ ? 8 : 7), signature)
            let last = arguments[arguments.count - 1].type
            let hasZone =
                arguments.count == 8 || (arguments.count == 7 && type == .timestampTZ && last == .varchar)
            let numbers = hasZone ? arguments.count - 1 : arguments.count
            for place in 0..<numbers { try number(arguments, place, signature) }
            if hasZone { try text(arguments, numbers, signature) }
            let types = [SQLType](repeating: .integer, count: numbers) + (hasZone ? [.varchar] : [])
            return ScalarFunction.Binding(types, type) { vectors, count, context in
                let parts = try vectors.prefix(numbers).map(TemporalVectors.whole)
                let wall = try RowCalls.values(
                    Array(parts), count: count, .timestampNTZ, .int64, zero: Int64(0)
                ) {
                    days(parts, $0) &* Civil.day &+ microseconds(parts, from: 3, $0)
                }
                let checked = try TemporalVectors.checked(wall, name)
                guard hasZone else {
                    let result = TemporalVectors.from(wallClock: checked, to: type, context)
                    return try TemporalVectors.checked(result, name)
                }
                return try timestamps(wallClock: checked, zones: vectors[numbers], name)
            }
        }
    }

    private static func bindDateAndTime(
        _ arguments: [ScalarFunction.Argument], _ signature: String
    ) throws(SQLError) -> ScalarFunction.Binding {
        let date = try temporal(arguments, 0, signature, admitsTime: false)
        let given = try temporal(arguments, 1, signature)
        guard given == .time || !arguments[1].type.isTemporal else {
            throw SQLError(
                .invalid, "argument 2 is \(given), but must be a TIME: write \(signature), or (date, time)")
        }
        return ScalarFunction.Binding([date, .time], .timestampNTZ) { vectors, _, context in
            let days = TemporalVectors.days(vectors[0], context)
            return TemporalVectors.map(days, vectors[1], to: .timestampNTZ) { $0 &* Civil.day &+ $1 }
        }
    }

    /// TIMESTAMP_TZ of wall-clock times in zones that are named row by row.
    private static func timestamps(wallClock: Vector, zones: Vector, _ what: String) throws -> Vector {
        var clocks = ZoneClocks()
        let result = try RowCalls.values(
            [wallClock, zones], count: wallClock.count, .timestampTZ, .int64, zero: Int64(0)
        ) { row in
            let index = try clocks.index(zones.bytes(row))
            let instant = clocks[index].utc(fromLocal: wallClock.int64s[row])
            return TemporalVectors.pack(instant, clocks[index].offsetMinutes(atUTC: instant))
        }
        return try TemporalVectors.checked(result, what)
    }

    /// The days of year, month and day; held to what is far outside of the range of dates.
    @inline(__always)
    private static func days(_ parts: [Vector], _ row: Int) -> Int64 {
        let limit: Int64 = 4_000_000
        let year = max(-3000, min(20_000, parts[0].int64s[row]))
        let month = max(-limit, min(limit, parts[1].int64s[row]))
        let day = max(-limit, min(limit, parts[2].int64s[row]))
        // No month is so far away that a day could bring it back.
        let index = max(-36_000, min(240_000, year &* 12 &+ month &- 1))
        return Civil.firstDay(monthIndex: index) &+ day &- 1
    }

    /// The time of day of hours, minutes, seconds and nanoseconds, whatever days they make.
    @inline(__always)
    private static func timeOfDay(_ parts: [Vector], _ row: Int) -> Int64 {
        var sum: Int64 = 0
        for (index, unit) in [Int64(3_600_000_000), 60_000_000, 1_000_000].enumerated() {
            sum &+= parts[index].int64s[row] % (Civil.day / unit) &* unit
        }
        if parts.count > 3 { sum &+= Civil.floor(parts[3].int64s[row], 1000) % Civil.day }
        return Civil.modulo(sum, Civil.day)
    }

    /// The microseconds of hours, minutes, seconds and nanoseconds.
    @inline(__always)
    private static func microseconds(_ parts: [Vector], from place: Int, _ row: Int) -> Int64 {
        let limit: Int64 = 400_000_000_000_000_000
        var sum: Int64 = 0
        for (index, unit) in [Int64(3_600_000_000), 60_000_000, 1_000_000].enumerated() {
            sum &+= max(-limit / unit, min(limit / unit, parts[place + index].int64s[row])) &* unit
        }
        return parts.count > place + 3 ? sum &+ Civil.floor(parts[place + 3].int64s[row], 1000) : sum
    }
}

/// The clocks of the zones that rows name.
struct ZoneClocks {
    private var names: [[UInt8]] = []
    private var clocks: [ZoneClock] = []
    private var last = 0

    /// The place of a zone's clock. Throws where there is no such zone.
    mutating func index(_ name: UnsafeBufferPointer<UInt8>) throws(SQLError) -> Int {
        if last < names.count, names[last].elementsEqual(name) { return last }
        if let known = names.firstIndex(where: { $0.elementsEqual(name) }) {
            last = known
            return known
        }
        clocks.append(ZoneClock(try SQLTimeZone.named(String(decoding: name, as: UTF8.self))))
        names.append(Array(name))
        last = names.count - 1
        return last
    }

    subscript(index: Int) -> ZoneClock {
        get { clocks[index] }
        _modify { yield &clocks[index] }
    }
}
