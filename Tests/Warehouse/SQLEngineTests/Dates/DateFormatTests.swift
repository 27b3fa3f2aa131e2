import CivilTime
import Testing
import Vectors

@testable import SQLEngine

@Suite struct DateFormatTests {
    private let context = EvaluationContext()

    private func parse(_ text: String, _ format: String, _ type: SQLType) throws -> Scalar? {
        let format = try DateFormat.compile(format)
        return Array(text.utf8).withUnsafeBufferPointer { format.parse($0, type, context) }.map {
            .temporal($0, type)
        }
    }

    private func format(_ value: Scalar, _ format: String) throws -> String {
        guard case .temporal(let time, let type) = value else { return "" }
        return try DateFormat.compile(format).format(time, type, context)
    }

    @Test(arguments: [
        ("YYYY-MM-DD", "2013-05-08"), ("yyyy/mm/dd hh24:mi:ss", "2013/05/08 23:39:20"), ("YY", "13"),
        ("MON", "May"),
        ("MMMM", "May"), ("DY, DD MON YYYY", "Wed, 08 May 2013"), ("HH12:MI AM", "11:39 PM"),
        ("HH:MI pm", "11:39 PM"),
        ("HH:MI", "23:39"), ("SS.FF", "20.123456000"), ("FF0", ""), ("FF3", "123"), ("FF6", "123456"),
        ("UUUU", "2013"),
        ("YYYY-MM-DDTHH24:MI:SSZ", "2013-05-08T23:39:20Z"), ("YYYY\" year \"\"x\"\"\"", "2013 year \"x\""),
        ("", ""),
        ("TZHTZM", "+0000"), ("AUTO", "2013-05-08 23:39:20.123456"), ("TZD", "Z"), ("MMYYYYDD", "05201308"),
    ])
    func writing(text: String, expected: String) throws {
        #expect(try format(ntz("2013-05-08 23:39:20.123456"), text) == expected)
    }

    @Test func zonesInText() throws {
        let moment = tz("2013-05-08 23:39:20 -0730")
        #expect(try format(moment, "HH24:MI TZHTZM") == "23:39 -0730")
        #expect(try format(moment, "HH24:MI TZH:TZM") == "23:39 -07:30")
        #expect(try format(moment, "TZD") == "-07:30")
        let pattern = "YYYY-MM-DD HH24:MI:SS TZH:TZM"
        #expect(try parse("2013-05-08 23:39:20 -07:30", pattern, .timestampTZ) == moment)
        #expect(try parse("2013-05-08 23:39:20 -07:30", pattern, .timestampNTZ) == ntz("2013-05-08 23:39:20"))
        #expect(
            try parse("2013-05-08 23:39:20 -07:30", pattern, .timestampLTZ)
                == ltz("2013-05-09 07:09:20 +0000"))
        #expect(try parse("2013-05-08 23:39:20 Z", pattern, .timestampTZ) == tz("2013-05-08 23:39:20 +0000"))
        #expect(try parse("2013-05-08 23:39:20 +05:37", pattern, .timestampTZ) == nil)
        #expect(
            try parse("2013-05-08 23:39:20 +05:37", pattern, .timestampLTZ)
                == ltz("2013-05-08 18:02:20 +0000"))
        #expect(
            try parse("2013-05-08 23:39:20+0530", "YYYY-MM-DD HH24:MI:SSTZD", .timestampTZ)
                == tz("2013-05-08 23:39:20 +0530"))
    }

    @Test func reading() throws {
        #expect(try parse("3/4/2013", "mm/dd/yyyy", .date) == date("2013-03-04"))
        #expect(try parse("20130304", "YYYYMMDD", .date) == date("2013-03-04"))
        #expect(try parse("69-1-2", "YY-MM-DD", .date) == date("2069-01-02"))
        #expect(try parse("70-1-2", "YY-MM-DD", .date) == date("1970-01-02"))
        #expect(try parse("wed, 08 MAY 2013", "DY, DD MON YYYY", .date) == date("2013-05-08"))
        #expect(try parse("8 September 2013", "DD MMMM YYYY", .date) == date("2013-09-08"))
        #expect(try parse("12:05 am", "HH12:MI AM", .time) == time("00:05:00"))
        #expect(try parse("12:05 PM", "HH:MI AM", .time) == time("12:05:00"))
        #expect(try parse("10:00:00.5", "HH24:MI:SS.FF3", .time) == time("10:00:00.5"))
        #expect(try parse("2013-05-08 10:00", "YYYY-MM-DD HH24:MI", .date) == date("2013-05-08"))
        for (text, pattern) in [
            ("2013-02-29", "YYYY-MM-DD"), ("2013-13-01", "YYYY-MM-DD"), ("2013-01-00", "YYYY-MM-DD"),
            ("0000-01-01", "YYYY-MM-DD"),
            ("2013-01-01 ", "YYYY-MM-DD"), ("2013-01", "YYYY-MM-DD"), ("", "YYYY"), ("24:00", "HH24:MI"),
            ("13:00 PM", "HH12:MI AM"),
            ("0:30 AM", "HH12:MI AM"), ("10:60", "HH24:MI"), ("10:00:60", "HH24:MI:SS"), ("Foo", "MON"),
            ("10:00:00.", "HH24:MI:SS.FF"),
            ("12345-01-01", "YYYY-MM-DD"),
        ] {
            #expect(try parse(text, pattern, .timestampNTZ) == nil, "\(text) as \(pattern)")
        }
        #expect(throws: SQLError.self) { try DateFormat.compile("\"open") }
    }

    /// Letters that are no element stand for themselves, written and read.
    @Test(arguments: [
        ("YYYYMonth", "2013Mayth"), ("DD Day", "08 Day"), ("YYYY-MM-DDTHH24:MI:SSZ", "2013-05-08T10:11:12Z"),
        ("%Y-%m", "%Y-%m"), ("YYYYQ", "2013Q"), ("YYY", "13Y"), ("week of MM/DD", "week of 05/08"),
    ])
    func lettersThatAreNoElementStandForThemselves(pattern: String, text: String) throws {
        let format = try DateFormat.compile(pattern)
        let moment = Calendar.days(year: 2013, month: 5, day: 8) * Civil.day + 36_672_000_000
        #expect(format.format(moment, .timestampNTZ, context) == text)
        #expect(try parse(text, pattern, .timestampNTZ) != nil)
    }

    /// What is written is read again.
    @Test func roundTrips() throws {
        var random = SplitMix(state: 21)
        let formats = [
            "YYYY-MM-DD HH24:MI:SS.FF6", "DY, DD MON YYYY HH12:MI:SS.FF PM",
            "MMMM DD YYYY\"x\"AM HH:MI:SS.FF9",
            "YYYYMMDDTHH24MISSFF6", "FF6 SS MI HH24 DD MM UUUU",
        ]
        for text in formats {
            let format = try DateFormat.compile(text)
            for _ in 0..<3000 {
                let value = Int64.random(in: Civil.microsecondRange, using: &random)
                let written = format.format(value, .timestampNTZ, context)
                let read = Array(written.utf8).withUnsafeBufferPointer {
                    format.parse($0, .timestampNTZ, context)
                }
                #expect(read == value, "\(written) of \(text)")
            }
        }
        let zoned = try DateFormat.compile("YYYY-MM-DD HH24:MI:SS.FF6 TZH:TZM")
        let lordHowe = try DateCalls.context("Australia/Lord_Howe")
        for _ in 0..<5000 {
            let instant = Int64.random(in: 0...13_000_000_000_000_000, using: &random)
            let packed = TimestampTZ.pack(
                utcMicroseconds: instant, offsetMinutes: Int.random(in: -56...56, using: &random) * 15)
            let written = zoned.format(packed, .timestampTZ, lordHowe)
            #expect(
                Array(written.utf8).withUnsafeBufferPointer { zoned.parse($0, .timestampTZ, lordHowe) }
                    == packed, "\(written)")
            let local = zoned.format(instant, .timestampLTZ, lordHowe)
            #expect(
                Array(local.utf8).withUnsafeBufferPointer { zoned.parse($0, .timestampLTZ, lordHowe) }
                    == instant, "\(local)")
        }
        for extreme in [Int64.min, Int64.max] {
            for type in DateCalls.types { _ = zoned.format(extreme, type, lordHowe) }
        }
    }
}

@Suite struct IntervalsTests {
    private func add(_ value: Scalar, _ sign: Int, _ parts: (Int64, String)...) throws -> String {
        let type = DateCalls.type(of: value)
        let added = try Intervals.parts(parts.map { (count: $0.0, unit: $0.1) }, sign: sign)
        let binding = try Intervals.add(type, added, sign: sign)
        let cast = try Casts.bind(from: type, to: binding.argumentTypes[0], isTry: false)
        let vector = try cast(.constant(value, type, count: 2), EvaluationContext())
        let result = try binding.evaluate([vector], 2, EvaluationContext())
        #expect(result.type == binding.result)
        return result.scalar(at: 1).description
    }

    @Test func partsAreAddedInOrder() throws {
        #expect(try add(date("2019-02-28"), 1, (1, "day"), (1, "year")) == "2020-03-01")
        #expect(try add(date("2019-02-28"), 1, (1, "year"), (1, "day")) == "2020-02-29")
        #expect(try add(date("2019-02-28"), -1, (1, "MONTH")) == "2019-01-28")
        #expect(try add(date("2019-02-28"), 1, (1, "day"), (2, "hours")) == "2019-03-01 02:00:00")
        #expect(try add(date("2019-02-28"), 1, (2, "hh"), (1, "mons")) == "2019-03-28 02:00:00")
        #expect(try add(time("23:30:00"), 1, (45, "min")) == "00:15:00")
        #expect(
            try add(
                ntz("2025-01-17 00:00:00"), 1, (1, "y"), (3, "q"), (4, "mm"), (5, "w"), (6, "d"), (7, "h"),
                (9, "m"), (8, "s"))
                == "2027-03-30 07:09:08")
        #expect(try add(.text("2024-01-01"), 1, (1, "day")) == "2024-01-02 00:00:00")
        #expect(try add(.null, 1, (1, "day")) == "NULL")
        #expect(throws: SQLError.self) { try add(date("2024-01-01"), 1, (1, "dow")) }
        #expect(throws: SQLError.self) { try add(time("10:00:00"), 1, (1, "day")) }
        #expect(throws: SQLError.self) { try add(date("2024-01-01"), -1, (.min, "day")) }
        #expect(throws: SQLError.self) { try add(.integer(1), -1, (1, "day")) }
    }
}
