import Testing
import Vectors

@testable import SQLEngine

/// What Snowflake documents that its date functions give.
@Suite struct DateExamplesTests {
    private func text(_ name: String, _ arguments: Scalar...) throws -> String {
        try DateCalls.call(name, arguments).description
    }

    private func rejects(_ name: String, _ arguments: Scalar..., saying part: String) {
        do {
            let value = try DateCalls.call(name, arguments)
            Issue.record("\(name) gave \(value)")
        } catch let error as SQLError {
            #expect(error.message.contains(part), "\(error.message)")
        } catch { Issue.record("\(error)") }
    }

    @Test func truncation() throws {
        let moment = ntz("2015-05-08 23:39:20.123")
        let expected = [
            "year": "2015-01-01 00:00:00", "QUARTER": "2015-04-01 00:00:00", "mm": "2015-05-01 00:00:00",
            "week": "2015-05-04 00:00:00", "day": "2015-05-08 00:00:00", "hour": "2015-05-08 23:00:00",
            "minute": "2015-05-08 23:39:00", "second": "2015-05-08 23:39:20", "ms": "2015-05-08 23:39:20.123",
        ]
        for (part, result) in expected {
            #expect(try text("DATE_TRUNC", .text(part), moment) == result)
            #expect(try text("DATE_TRUNC", moment, .text(part)) == result)
        }
        #expect(try text("DATE_TRUNC", .text("quarter"), date("2024-12-31")) == "2024-10-01")
        #expect(try text("DATE_TRUNC", .text("hour"), date("2024-12-31")) == "2024-12-31")
        #expect(try text("DATE_TRUNC", .text("minute"), time("10:20:30")) == "10:20:00")
        #expect(try text("DATE_TRUNC", .text("month"), .text("2024-02-29")) == "2024-02-01 00:00:00")
        #expect(try text("DATE_TRUNC", .text("month"), .null) == "NULL")
        #expect(
            try text("DATE_TRUNC", .text("day"), tz("2024-02-29 01:00:00 +0500"))
                == "2024-02-29 00:00:00 +0500")
        rejects("DATE_TRUNC", .text("fortnight"), moment, saying: "fortnight")
        rejects("DATE_TRUNC", .text("day"), .integer(3), saying: "DATE_TRUNC(part, date_or_time)")
        rejects("DATE_TRUNC", .text("day"), saying: "too few")
        rejects("DATE_TRUNC", .text("day"), time("10:00:00"), saying: "TIME")
    }

    @Test func adding() throws {
        #expect(try text("DATEADD", .text("year"), .integer(2), date("2022-05-08")) == "2024-05-08")
        #expect(try text("DATEADD", .text("day"), .number(25, scale: 1), date("2022-05-08")) == "2022-05-11")
        #expect(try text("DATEADD", .text("hour"), .integer(2), date("2022-05-08")) == "2022-05-08 02:00:00")
        #expect(try text("DATEADD", .text("month"), .integer(1), date("2023-01-31")) == "2023-02-28")
        #expect(
            try text("DATEADD", .text("month"), .integer(-1), ntz("2024-03-31 01:02:03"))
                == "2024-02-29 01:02:03")
        #expect(try text("TIMEADD", .text("hour"), .integer(3), time("23:00:00")) == "02:00:00")
        #expect(try text("TIMEADD", .text("minute"), .integer(-1), time("00:00:00")) == "23:59:00")
        #expect(
            try text("TIMESTAMPADD", .text("us"), .integer(-1), ntz("2024-01-01"))
                == "2023-12-31 23:59:59.999999")
        #expect(
            try text("DATEADD", .text("week"), .integer(1), tz("2024-01-01 00:00:00 -0500"))
                == "2024-01-08 00:00:00 -0500")
        #expect(try text("DATEADD", .text("day"), .null, date("2024-01-01")) == "NULL")
        #expect(try text("ADD_MONTHS", date("2016-02-29"), .integer(1)) == "2016-03-31")
        #expect(try text("ADD_MONTHS", date("2016-05-31"), .integer(-1)) == "2016-04-30")
        #expect(try text("ADD_MONTHS", ntz("2016-05-15 10:00:00"), .integer(2)) == "2016-07-15 10:00:00")
        for part in ["year", "quarter", "month", "week", "day", "hour", "minute", "second", "ms", "us", "ns"]
        {
            for count in [Int128.max, Int128.min, Int128(Int64.max), 400_000_000_000_000_000_000]
            where part != "ns" || Int64(exactly: count) == nil {
                rejects("DATEADD", .text(part), .number(count, scale: 0), ntz("2024-01-01"), saying: "9999")
            }
        }
        rejects("DATEADD", .text("day"), .integer(1), time("10:00:00"), saying: "TIME")
        rejects("DATEADD", .text("dow"), .integer(1), date("2024-01-01"), saying: "'dow'")
        rejects("DATEADD", .text("day"), date("2024-01-01"), .integer(1), saying: "whole number")
        rejects("DATEADD", .text("day"), .integer(1), date("9999-12-31"), saying: "9999")
    }

    @Test func differences() throws {
        #expect(try text("DATEDIFF", .text("year"), date("2020-12-31"), date("2021-01-01")) == "1")
        #expect(try text("DATEDIFF", .text("week"), date("2024-01-07"), date("2024-01-08")) == "1")
        #expect(try text("DATEDIFF", .text("month"), date("2024-03-01"), date("2024-01-31")) == "-2")
        #expect(try text("DATEDIFF", .text("quarter"), date("2023-12-31"), date("2024-04-01")) == "2")
        #expect(
            try text("DATEDIFF", .text("hour"), ntz("2013-05-08 23:39:20"), ntz("2013-05-09 01:01:00")) == "2"
        )
        #expect(try text("TIMEDIFF", .text("minute"), time("10:59:59"), time("11:00:00")) == "1")
        #expect(try text("DATEDIFF", .text("day"), .text("2024-01-01"), .text("2024-03-01 05:00")) == "60")
        #expect(try text("DATEDIFF", .text("second"), date("2024-01-01"), date("2024-01-02")) == "86400")
        #expect(
            try text("DATEDIFF", .text("ns"), ntz("2024-01-01"), ntz("2024-01-01 00:00:01")) == "1000000000")
        #expect(try text("DATEDIFF", .text("day"), date("2024-01-01"), ntz("2024-01-02 23:00:00")) == "1")
        rejects("DATEDIFF", .text("ns"), ntz("0001-01-01"), ntz("9999-01-01"), saying: "64 bits")
        rejects("DATEDIFF", .text("hour"), time("01:00:00"), date("2024-01-01"), saying: "DATEDIFF")
        #expect(try text("MONTHS_BETWEEN", date("2019-03-15"), date("2019-02-15")) == "1")
        #expect(try text("MONTHS_BETWEEN", date("2019-03-31"), date("2019-02-28")) == "1")
        #expect(try text("MONTHS_BETWEEN", date("2019-03-01"), date("2019-02-15")).hasPrefix("0.548387"))
        #expect(
            try text("MONTHS_BETWEEN", ntz("2019-03-01 02:00:00"), ntz("2019-02-15 01:00:00")).hasPrefix(
                "0.549731"))
    }

    @Test func parts() throws {
        let moment = ntz("2013-05-08 23:39:20.123456")
        let expected = [
            "year": "2013", "yyyy": "2013", "Y": "2013", "quarter": "2", "month": "5", "mon": "5", "mm": "5",
            "week": "19", "weekiso": "19", "day": "8", "dd": "8", "d": "8", "dayofweek": "3", "dow": "3",
            "dayofweekiso": "3",
            "dayofyear": "128", "doy": "128", "yearofweek": "2013", "yearofweekiso": "2013", "hour": "23",
            "hh": "23",
            "minute": "39", "mi": "39", "min": "39", "second": "20", "s": "20", "sec": "20",
            "millisecond": "123",
            "microsecond": "123456", "nanosecond": "123456000", "epoch_second": "1368056360",
            "epoch": "1368056360",
            "epoch_millisecond": "1368056360123", "epoch_microsecond": "1368056360123456",
            "epoch_nanosecond": "1368056360123456000",
        ]
        for (part, result) in expected {
            #expect(try text("DATE_PART", .text(part), moment) == result, "\(part)")
        }
        #expect(
            try text("DATE_PART", .text("epoch_nanosecond"), ntz("9999-01-01")) == "253370764800000000000")
        #expect(try text("DATE_PART", .text("tzh"), tz("2013-05-08 23:39:20 -0730")) == "-7")
        #expect(try text("DATE_PART", .text("timezone_minute"), tz("2013-05-08 23:39:20 -0730")) == "-30")
        #expect(try text("DATE_PART", .text("hour"), tz("2013-05-08 23:39:20 -0730")) == "23")
        #expect(try text("YEAR", .text("2024-05-06")) == "2024")
        #expect(try text("HOUR", time("10:11:12")) == "10")
        #expect(try text("DAYOFWEEK", date("2024-06-02")) == "0")
        #expect(try text("DAYOFWEEKISO", date("2024-06-02")) == "7")
        #expect(try text("HOUR", date("2024-06-02")) == "0")
        rejects("DATE_PART", .text("tzh"), moment, saying: "TIMESTAMP_TZ")
        rejects("YEAR", time("10:00:00"), saying: "year")
        rejects("YEAR", .integer(2024), saying: "TO_TIMESTAMP")
    }

    /// The first days of 2017 with the settings for weeks.
    @Test func weeks() throws {
        func weeks(_ start: Int, _ policy: Int, _ day: String) throws -> [String] {
            var context = EvaluationContext()
            context.weekStart = start
            context.weekOfYearPolicy = policy
            return try ["YEAROFWEEK", "WEEK", "DAYOFWEEK"].map {
                try DateCalls.call($0, [date(day)], context).description
            }
        }
        #expect(try weeks(0, 0, "2017-01-01") == ["2016", "52", "0"])
        #expect(try weeks(0, 0, "2017-01-02") == ["2017", "1", "1"])
        #expect(try weeks(1, 0, "2017-01-01") == ["2016", "52", "7"])
        #expect(try weeks(7, 0, "2017-01-01") == ["2017", "1", "1"])
        #expect(try weeks(3, 0, "2017-01-03") == ["2016", "53", "7"])
        #expect(try weeks(0, 1, "2016-12-31") == ["2016", "53", "6"])
        #expect(try weeks(1, 1, "2017-01-01") == ["2017", "1", "7"])
        #expect(try weeks(1, 1, "2017-01-02") == ["2017", "2", "1"])
        #expect(try weeks(1, 1, "2017-12-31") == ["2017", "53", "7"])
        #expect(try weeks(7, 1, "2017-01-07") == ["2017", "1", "7"])
        #expect(try text("WEEKISO", date("2021-01-03")) == "53")
        #expect(try text("YEAROFWEEKISO", date("2021-01-03")) == "2020")
        var sunday = EvaluationContext()
        sunday.weekStart = 7
        #expect(
            try DateCalls.text("DATE_TRUNC", .text("week"), date("2024-06-05"), in: sunday) == "2024-06-02")
        #expect(
            try DateCalls.text("DATE_TRUNC", .text("weekiso"), date("2024-06-02"), in: sunday) == "2024-05-27"
        )
        #expect(try DateCalls.text("LAST_DAY", date("2024-06-05"), .text("week"), in: sunday) == "2024-06-08")
        #expect(
            try DateCalls.text("DATEDIFF", .text("week"), date("2024-06-01"), date("2024-06-02"), in: sunday)
                == "1")
    }

    @Test func calendar() throws {
        #expect(try text("DAYNAME", date("2015-05-01")) == "Fri")
        #expect(try text("MONTHNAME", ntz("2015-05-03 10:00:00")) == "May")
        #expect(try text("LAST_DAY", ntz("2015-05-08 23:39:20")) == "2015-05-31")
        #expect(try text("LAST_DAY", date("2015-05-08"), .text("year")) == "2015-12-31")
        #expect(try text("LAST_DAY", date("2015-05-08"), .text("week")) == "2015-05-10")
        #expect(try text("LAST_DAY", date("2015-05-08"), .text("quarter")) == "2015-06-30")
        #expect(try text("NEXT_DAY", date("2024-06-05"), .text("Friday ")) == "2024-06-07")
        #expect(try text("NEXT_DAY", date("2024-06-07"), .text("fr")) == "2024-06-14")
        #expect(try text("PREVIOUS_DAY", date("2024-06-07"), .text("FRI")) == "2024-05-31")
        #expect(try text("PREVIOUS_DAY", date("2024-06-07"), .text("th")) == "2024-06-06")
        rejects("NEXT_DAY", date("2024-06-05"), .text("xx"), saying: "'xx'")
        rejects("LAST_DAY", date("2024-06-05"), .text("hour"), saying: "LAST_DAY")
    }

    @Test func slices() throws {
        let day = date("2019-02-28")
        #expect(try text("TIME_SLICE", day, .integer(4), .text("MONTH"), .text("START")) == "2019-01-01")
        #expect(try text("TIME_SLICE", day, .integer(4), .text("month"), .text("end")) == "2019-05-01")
        #expect(try text("TIME_SLICE", date("1969-06-01"), .integer(15), .text("YEAR")) == "1955-01-01")
        #expect(try text("TIME_SLICE", date("1970-01-05"), .integer(2), .text("WEEK")) == "1969-12-29")
        #expect(try text("TIME_SLICE", date("1970-01-12"), .integer(2), .text("WEEK")) == "1970-01-12")
        var sunday = EvaluationContext()
        sunday.weekStart = 7
        #expect(
            try DateCalls.text("TIME_SLICE", date("1970-01-10"), .integer(2), .text("WEEK"), in: sunday)
                == "1969-12-28")
        let moment = ntz("2024-02-29 10:37:41.5")
        #expect(try text("TIME_SLICE", moment, .integer(15), .text("minute")) == "2024-02-29 10:30:00")
        #expect(
            try text("TIME_SLICE", moment, .integer(15), .text("minute"), .text("END"))
                == "2024-02-29 10:45:00")
        rejects("TIME_SLICE", moment, .integer(0), .text("minute"), saying: "at least 1")
        rejects("TIME_SLICE", day, .integer(1), .text("minute"), saying: "minute")
        rejects("TIME_SLICE", moment, .number(.max, scale: 0), .text("second"), .text("END"), saying: "9999")
    }

    @Test func making() throws {
        func parts(_ numbers: Int...) -> [Scalar] { numbers.map { .integer($0) } }
        func made(_ name: String, _ arguments: [Scalar]) throws -> String {
            try DateCalls.call(name, arguments).description
        }
        #expect(try made("DATE_FROM_PARTS", parts(1977, 8, 7)) == "1977-08-07")
        #expect(try made("DATE_FROM_PARTS", parts(2004, 1, -1)) == "2003-12-30")
        #expect(try made("DATE_FROM_PARTS", parts(2004, -1, 1)) == "2003-11-01")
        #expect(try made("DATEFROMPARTS", parts(2010, 0, 100)) == "2010-03-10")
        #expect(try made("TIME_FROM_PARTS", parts(12, 34, 56, 987_654_321)) == "12:34:56.987654")
        #expect(try made("TIME_FROM_PARTS", parts(0, 100, 0)) == "01:40:00")
        #expect(
            try made("TIMESTAMP_NTZ_FROM_PARTS", parts(2013, 4, 5, 12, 0, 0, 987_654_321))
                == "2013-04-05 12:00:00.987654")
        #expect(
            try made("TIMESTAMP_FROM_PARTS", [date("2013-04-05"), time("12:00:00")]) == "2013-04-05 12:00:00")
        #expect(
            try made("TIMESTAMP_TZ_FROM_PARTS", parts(2013, 4, 5, 12, 0, 0, 0) + [.text("America/New_York")])
                == "2013-04-05 12:00:00 -0400")
        #expect(
            try made("TIMESTAMP_TZ_FROM_PARTS", parts(2013, 4, 5, 12, 0, 0) + [.text("Asia/Kolkata")])
                == "2013-04-05 12:00:00 +0530")
        #expect(
            try DateCalls.text(
                "TIMESTAMP_LTZ_FROM_PARTS", .integer(2013), .integer(4), .integer(5), .integer(12),
                .integer(0), .integer(0), in: DateCalls.context("America/Los_Angeles"))
                == "2013-04-05 12:00:00 -0700")
        rejects("DATE_FROM_PARTS", .integer(10_000), .integer(1), .integer(1), saying: "9999")
        rejects("DATE_FROM_PARTS", .integer(.max), .integer(.max), .integer(.max), saying: "9999")
        rejects("DATE_FROM_PARTS", .integer(.min), .integer(.min), .integer(.min), saying: "9999")
        rejects("TIMESTAMP_NTZ_FROM_PARTS", .integer(1), saying: "too few")
        #expect(throws: SQLError.self) { try made("TIMESTAMP_TZ_FROM_PARTS", parts(5000, 4, 5, 12, 0, 0)) }
    }

    @Test func conversion() throws {
        #expect(try text("TO_DATE", .text("2013-05-17")) == "2013-05-17")
        #expect(try text("TO_DATE", .text("2012.07.23"), .text("YYYY.MM.DD")) == "2012-07-23")
        #expect(try text("TO_DATE", .text("31-Dec-1999"), .text("DD-MON-YYYY")) == "1999-12-31")
        #expect(try text("DATE", ntz("2013-05-17 23:00:00")) == "2013-05-17")
        #expect(try text("TO_DATE", .text("1640995200")) == "2022-01-01")
        #expect(try text("TRY_TO_DATE", .text("no date")) == "NULL")
        #expect(try text("TRY_TO_DATE", .text("2013-13-01"), .text("YYYY-MM-DD")) == "NULL")
        #expect(try text("TO_TIME", .text("11.30 PM"), .text("HH12.MI AM")) == "23:30:00")
        #expect(try text("TO_TIME", ntz("2024-01-01 10:11:12")) == "10:11:12")
        #expect(try text("TO_TIMESTAMP", .integer(1_400_000_000)) == "2014-05-13 16:53:20")
        #expect(try text("TO_TIMESTAMP", .integer(1_400_000_000), .integer(3)) == "1970-01-17 04:53:20")
        #expect(
            try text("TO_TIMESTAMP", .integer(1_400_000_000_123_456_789), .integer(9))
                == "2014-05-13 16:53:20.123456")
        #expect(try text("TO_TIMESTAMP", .number(-15, scale: 1)) == "1969-12-31 23:59:58.500")
        #expect(try text("TO_TIMESTAMP", .float(1.25)) == "1970-01-01 00:00:01.250")
        #expect(try text("TO_TIMESTAMP", .text("31536000000")) == "1971-01-01 00:00:00")
        #expect(try text("TO_TIMESTAMP", .text("31535999999")) == "2969-05-02 23:59:59")
        #expect(try text("TO_TIMESTAMP_NTZ", .text("2024-01-02 03:04:05 +0500")) == "2024-01-02 03:04:05")
        #expect(
            try text("TO_TIMESTAMP_TZ", .text("2024-01-02 03:04:05 +0500")) == "2024-01-02 03:04:05 +0500")
        #expect(
            try text("TO_TIMESTAMP_LTZ", .text("2024-01-02 03:04:05 +0500")) == "2024-01-01 22:04:05 +0000")
        #expect(try text("TO_TIMESTAMP", date("2024-01-02")) == "2024-01-02 00:00:00")
        #expect(try text("TRY_TO_TIMESTAMP", .text("2024-01-02T03:04:05.678Z")) == "2024-01-02 03:04:05.678")
        #expect(try text("TO_TIMESTAMP", .json("\"2024-01-02 03:04:05\"")) == "2024-01-02 03:04:05")
        #expect(try text("TO_TIMESTAMP", .json("1400000000")) == "2014-05-13 16:53:20")
        #expect(try text("TO_TIMESTAMP", .null) == "NULL")
        #expect(try text("TO_DATE", .text("2024-02-03"), .text("AUTO")) == "2024-02-03")
        rejects("TO_TIMESTAMP", .number(.max, scale: 0), saying: "9999")
        rejects("TO_TIMESTAMP", .float(.infinity), saying: "9999")
        rejects("TO_TIMESTAMP", .float(.nan), saying: "9999")
        rejects("TO_TIMESTAMP", .integer(1), .integer(10), saying: "scale")
        rejects("TO_DATE", .integer(1), saying: "TO_TIMESTAMP")
        rejects("TO_DATE", .text("2024"), .text("%Y"), saying: "with format '%Y'")
        rejects("TO_DATE", .text("x"), .text("YYYY"), saying: "'x'")
        rejects("TRY_TO_DATE", date("2024-01-01"), saying: "TRY_")
    }
}
