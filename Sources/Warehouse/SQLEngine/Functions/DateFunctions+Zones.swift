import Vectors

extension DateFunctions {
    static let zones: [ScalarFunction] = [
        ScalarFunction(
            "CONVERT_TIMEZONE", zoneSignature,
            "The same moment on the clocks of another time zone.", bind: bindZones)
    ]

    private static let zoneSignature =
        "CONVERT_TIMEZONE(source_zone, target_zone, timestamp_ntz) or CONVERT_TIMEZONE(target_zone, timestamp)"

    private static func bindZones(
        _ arguments: [ScalarFunction.Argument]
    ) throws(SQLError) -> ScalarFunction.Binding {
        let signature = zoneSignature
        try expect(arguments, 2...3, signature)
        let place = arguments.count - 1
        for zone in 0..<place {
            try text(arguments, zone, signature)
            if case .text(let name)? = arguments[zone].constant { _ = try SQLTimeZone.named(name) }
        }
        let type = try temporal(arguments, place, signature, admitsTime: false)
        if place == 2 {
            return ScalarFunction.Binding([.varchar, .varchar, .timestampNTZ], .timestampNTZ) {
                vectors, count, _ in
                try convert(vectors[2], from: vectors[0], to: vectors[1], count: count)
            }
        }
        // Text may have an offset; what has none is of the session's zone.
        let input: SQLType =
            arguments[place].type.isTemporal && type != .timestampTZ ? .timestampLTZ : .timestampTZ
        return ScalarFunction.Binding([.varchar, input], .timestampTZ) { vectors, count, _ in
            try convert(TemporalVectors.instants(vectors[1]), to: vectors[0], count: count)
        }
    }

    private static func convert(_ times: Vector, from source: Vector, to target: Vector, count: Int) throws
        -> Vector
    {
        if source.isConstant, target.isConstant, count > 0, source.isValid(0), target.isValid(0) {
            var from = ZoneClock(try SQLTimeZone.named(source.string(0)))
            var to = ZoneClock(try SQLTimeZone.named(target.string(0)))
            let result = TemporalVectors.map(times, to: .timestampNTZ) {
                to.local(fromUTC: from.utc(fromLocal: $0))
            }
            return try TemporalVectors.checked(result, "CONVERT_TIMEZONE")
        }
        var clocks = ZoneClocks()
        let result = try RowCalls.values(
            [times, source, target], count: count, .timestampNTZ, .int64, zero: Int64(0)
        ) { row in
            let from = try clocks.index(source.bytes(row))
            let instant = clocks[from].utc(fromLocal: times.int64s[row])
            let to = try clocks.index(target.bytes(row))
            return clocks[to].local(fromUTC: instant)
        }
        return try TemporalVectors.checked(result, "CONVERT_TIMEZONE")
    }

    private static func convert(_ instants: Vector, to target: Vector, count: Int) throws -> Vector {
        var clocks = ZoneClocks()
        let result = try RowCalls.values(
            [instants, target], count: count, .timestampTZ, .int64, zero: Int64(0)
        ) { row in
            let zone = try clocks.index(target.bytes(row))
            let instant = instants.int64s[row]
            return TemporalVectors.pack(instant, clocks[zone].offsetMinutes(atUTC: instant))
        }
        return try TemporalVectors.checked(result, "CONVERT_TIMEZONE")
    }
}
