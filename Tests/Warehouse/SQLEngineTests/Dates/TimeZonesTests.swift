import CivilTime
import DurableIO
import Testing
import Vectors

@testable import SQLEngine

@Suite struct TimeZonesTests {
    private func offset(_ zone: String, _ instant: String) throws -> Int64 {
        guard case .temporal(let time, _) = ntz(instant) else { return .max }
        return try TimeZones.named(zone).offsetSeconds(atUTC: time)
    }

    /// The moments of change, in UTC, and the offsets in minutes before and after.
    @Test(arguments: [
        ("America/New_York", "2024-03-10 07:00:00", -300, -240),
        ("America/New_York", "2024-11-03 06:00:00", -240, -300),
        ("America/New_York", "2006-04-02 07:00:00", -300, -240),
        ("America/New_York", "2007-03-11 07:00:00", -300, -240),
        ("America/New_York", "2037-11-01 06:00:00", -240, -300),
        ("America/New_York", "2100-03-14 07:00:00", -300, -240),
        ("America/New_York", "2400-11-05 06:00:00", -240, -300),
        ("America/New_York", "1945-08-14 23:00:00", -240, -240),
        ("Europe/London", "2024-03-31 01:00:00", 0, 60), ("Europe/London", "2024-10-27 01:00:00", 60, 0),
        ("Europe/London", "1968-10-27 00:00:00", 60, 60), ("Europe/London", "1971-10-31 02:00:00", 60, 0),
        ("Europe/London", "2399-03-28 01:00:00", 0, 60), ("Asia/Kolkata", "2024-06-01 00:00:00", 330, 330),
        ("Australia/Lord_Howe", "2024-04-06 15:00:00", 660, 630),
        ("Australia/Lord_Howe", "2024-10-05 15:30:00", 630, 660),
        ("Australia/Lord_Howe", "2222-10-05 15:30:00", 630, 660),
        ("Etc/GMT+5", "2024-01-01 00:00:00", -300, -300),
        ("UTC", "2024-01-01 00:00:00", 0, 0), ("Pacific/Apia", "2011-12-30 10:00:00", -600, 840),
    ])
    func offsetsAroundChanges(zone: String, moment: String, before: Int, after: Int) throws {
        guard case .temporal(let time, _) = ntz(moment) else { return }
        let rules = try TimeZones.named(zone)
        #expect(rules.offsetSeconds(atUTC: time - 1) == Int64(before) * 60)
        #expect(rules.offsetSeconds(atUTC: time) == Int64(after) * 60)
        // The clock that remembers gives the same, whichever way time goes.
        var clock = ZoneClock(rules)
        for step in [-3, -2, -1, 0, 1, 2, 3, 2, 1, 0, -1, -2] as [Int64] {
            let instant = time + step * 1_800_000_000
            #expect(clock.offset(atUTC: instant) == rules.offsetSeconds(atUTC: instant) * 1_000_000)
            let local = time + Int64(before) * 60_000_000 + step * 1_800_000_000
            #expect(clock.utc(fromLocal: local) == rules.utc(fromLocal: local), "\(zone) \(step)")
        }
    }

    @Test func clocksThatRememberAgreeWithRules() throws {
        var random = SplitMix(state: 9)
        for name in [
            "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Europe/London", "Africa/Casablanca",
        ] {
            let rules = try TimeZones.named(name)
            var clock = ZoneClock(rules)
            var time: Int64 = 0
            for _ in 0..<30_000 {
                if Int.random(in: 0..<50, using: &random) == 0 {
                    time = Int64.random(in: -3_000_000_000...13_000_000_000, using: &random) * 1_000_000
                }
                time += Int64.random(in: -30_000...60_000, using: &random) * 1_000_000
                #expect(clock.local(fromUTC: time) == rules.local(fromUTC: time))
                #expect(clock.utc(fromLocal: time) == rules.utc(fromLocal: time))
            }
        }
    }

    @Test func functionsOfLocalTime() throws {
        let newYork = try DateCalls.context("America/New_York")
        func text(_ name: String, _ arguments: Scalar...) throws -> String {
            let value = try DateCalls.call(name, arguments, newYork)
            guard case .temporal(let time, .timestampLTZ) = value else { return value.description }
            let offset = newYork.zone.offsetSeconds(atUTC: time)
            return TemporalText.timestamp(time + offset * 1_000_000) + " "
                + TemporalText.zone(Int(offset / 60))
        }
        let first = ltz("2024-11-03 05:30:00 +0000")
        let second = ltz("2024-11-03 06:30:00 +0000")
        #expect(try text("DATE_TRUNC", .text("hour"), first) == "2024-11-03 01:00:00 -0400")
        #expect(try text("DATE_TRUNC", .text("hour"), second) == "2024-11-03 01:00:00 -0500")
        #expect(try text("DATE_TRUNC", .text("day"), second) == "2024-11-03 00:00:00 -0400")
        #expect(
            try text("DATEADD", .text("day"), .integer(1), ltz("2024-03-09 17:00:00 +0000"))
                == "2024-03-10 12:00:00 -0400")
        #expect(
            try text("DATEADD", .text("hour"), .integer(24), ltz("2024-03-09 17:00:00 +0000"))
                == "2024-03-10 13:00:00 -0400")
        #expect(
            try text(
                "DATEDIFF", .text("hour"), ltz("2024-03-10 05:00:00 +0000"), ltz("2024-03-10 08:00:00 +0000"))
                == "3")
        #expect(
            try text(
                "DATEDIFF", .text("day"), ltz("2024-03-10 04:59:00 +0000"), ltz("2024-03-10 05:00:00 +0000"))
                == "1")
        #expect(try text("HOUR", second) == "1")
        #expect(try text("DATE_PART", .text("tzh"), second) == "-5")
        #expect(try text("TO_TIMESTAMP_TZ", .integer(0)) == "1969-12-31 19:00:00 -0500")
        #expect(try text("TO_TIMESTAMP_LTZ", .integer(0)) == "1969-12-31 19:00:00 -0500")
        #expect(
            try text(
                "CONVERT_TIMEZONE", .text("America/Los_Angeles"), .text("America/New_York"),
                ntz("2024-01-01 14:00:00"))
                == "2024-01-01 17:00:00")
        #expect(
            try text("CONVERT_TIMEZONE", .text("America/Los_Angeles"), .text("2024-04-05 12:00:00 +02:00"))
                == "2024-04-05 03:00:00 -0700")
        #expect(
            try text("CONVERT_TIMEZONE", .text("Europe/Warsaw"), ntz("2024-01-01 12:00:00"))
                == "2024-01-01 18:00:00 +0100")
        #expect(throws: SQLError.self) { try text("CONVERT_TIMEZONE", .text("Nowhere"), ntz("2024-01-01")) }
    }
}
