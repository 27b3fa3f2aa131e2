import DurableIO
import TestSupport
import Testing

@testable import CivilTime

/// Zones by name, and the files that they are read from.
@Suite struct ZoneFileTests {
    @Test func names() throws {
        #expect(try TimeZones.named("america/new_york").name == "America/New_York")
        #expect(try TimeZones.named("EUROPE/LONDON").offsetSeconds(atUTC: 1_720_000_000_000_000) == 3600)
        for name in [
            "", "/etc/passwd", "../../etc/passwd", "America/../UTC", "America/", "America//New_York",
            "America", "No/Where",
            "tzdata.zi", "zone.tab", "America/New York", String(repeating: "A", count: 500), "UTC\0",
        ] {
            #expect(throws: TimeZoneError.self, "\(name)") { try TimeZones.named(name) }
        }
    }

    @Test func systemsWithoutData() throws {
        #expect(try TimeZones.load("UTC", from: []).offsetSeconds(atUTC: 0) == 0)
        #expect(try TimeZones.load("Etc/GMT+5", from: ["/nowhere"]).offsetSeconds(atUTC: 0) == -18_000)
        #expect(try TimeZones.load("etc/gmt-14", from: []).offsetSeconds(atUTC: 0) == 50_400)
        do {
            _ = try TimeZones.load("Europe/London", from: ["/nowhere"])
            Issue.record("found")
        } catch {
            #expect(
                error.message.contains("Europe/London") && error.message.contains("tzdata"),
                "\(error.message)")
        }
    }

    /// Whatever is cut off or changed in a file, reading it gives rules or an error.
    @Test func damagedFilesDoNotTrap() throws {
        let folder = try #require(
            TimeZones.folders().first { (try? FileSystem.local.kind(of: $0)) == .directory })
        let file = try FileSystem.local.contents(of: folder + "/Europe/London")
        for length in stride(from: 0, to: file.count, by: 7) {
            #expect(throws: TimeZoneError.self) {
                try ZoneFile(Array(file.prefix(length)), name: "X").rules()
            }
        }
        var random = SeededGenerator(seed: 11)
        for _ in 0..<3000 {
            var damaged = file
            for _ in 0..<3 {
                damaged[Int.random(in: 0..<file.count, using: &random)] = UInt8.random(
                    in: 0...255, using: &random)
            }
            _ = try? ZoneFile(damaged, name: "X").rules()
        }
    }

    @Test func rulesOfEveryKindOfDay() throws {
        func changes(_ rule: String, _ year: Int) throws -> [String] {
            var transitions: [Int64] = [Calendar.days(year: year, month: 1, day: 1) * 86_400 - 1]
            var offsets: [Int64] = [0, 0]
            let rule = try #require(ZoneRule(Array(rule.utf8)[...]))
            rule.extend(&transitions, &offsets, until: Int64(year))
            return zip(transitions, offsets.dropFirst()).dropFirst().map {
                TemporalText.timestamp($0 * 1_000_000) + " \($1 / 60)"
            }
        }
        #expect(
            try changes("EST5EDT,M3.2.0,M11.1.0", 2024) == [
                "2024-03-10 07:00:00 -240", "2024-11-03 06:00:00 -300",
            ])
        #expect(
            try changes("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 2024)
                == ["2024-04-06 15:00:00 630", "2024-10-05 15:30:00 660"])
        #expect(
            try changes("AAA0BBB,J60/0,J300/0", 2024) == ["2024-03-01 00:00:00 60", "2024-10-26 23:00:00 0"])
        #expect(
            try changes("AAA0BBB,59/0,299/0", 2024) == ["2024-02-29 00:00:00 60", "2024-10-25 23:00:00 0"])
        #expect(
            try changes("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2024) == [
                "2024-03-31 01:00:00 -60", "2024-10-27 01:00:00 -120",
            ])
        #expect(
            try changes("AAA3BBB4,0/0,J365/23", 2024) == [
                "2024-01-01 03:00:00 -240", "2025-01-01 03:00:00 -180",
            ])
        for wrong in [
            "", "E5", "EST", "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M1.1.0", "EST5EDT,M3.2.0,M11.1.0x", "<EST5",
        ] {
            #expect(ZoneRule(Array(wrong.utf8)[...]) == nil, "\(wrong)")
        }
    }
}
