import CivilTime
import DurableIO
import SQLEngine
import TestSupport
import Testing
import JSON
import Vectors

/// Every function of the catalogue and every cast, with arguments from the ends of their ranges.
///
/// As a trap ends the process, the calls are made in a process of their own, which writes each call before it makes
/// it: the last one is what a failure shows. There are 6,000 calls, or one for every 50 of `TAPEHOUSE_FUZZ_INPUTS`,
/// as a call takes so much longer than another fuzz test's input; `TAPEHOUSE_FUZZ_SEED` says which.
@Suite struct FunctionFuzzTests {
    @Test func noCallTraps() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("calls")
        await #expect(processExitsWith: .success) { [path = path as String] in
            let record = try CallRecord(path)
            try CallFuzz.run(record)
            try record.write("all made")
        }
        // After a trap the expectation above has failed, and this tells which call it was.
        let (calls, last) = try CallRecord.read(path)
        #expect(last == "all made")
        #expect(calls > 3_000, "nothing is tested where nearly no call binds")
    }
}

/// A file that holds the number of calls made and the text of the last one.
final class CallRecord {
    private let file: File
    private var count = 0

    init(_ path: String) throws {
        file = try FileSystem.local.open(path, .replace)
    }

    func write(_ call: String) throws {
        count += 1
        try file.write(Array("\(count) \(call)\0".utf8), at: 0)
    }

    static func read(_ path: String) throws -> (calls: Int, last: String) {
        let bytes = try FileSystem.local.contents(of: path).prefix { $0 != 0 }
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: " ", maxSplits: 1)
        return (parts.first.flatMap { Int($0) } ?? 0, parts.count > 1 ? String(parts[1]) : "")
    }
}

/// Calls by a seed, each written down before it is made.
enum CallFuzz {
    static func run(_ record: CallRecord) throws {
        let calls =
            environment("TAPEHOUSE_FUZZ_INPUTS").flatMap { Int($0) }.map { max(6_000, $0 / 50) } ?? 6_000
        var random = SeededGenerator(seed: environment("TAPEHOUSE_FUZZ_SEED").flatMap { UInt64($0) } ?? 1)
        let perFunction = max(4, calls / (FunctionCatalog.all.count + types.count))
        for function in FunctionCatalog.all { try fuzz(function, perFunction, &random, record) }
        for from in types {
            for to in types { try fuzzCast(from, to, max(2, perFunction / types.count), &random, record) }
        }
    }

    private static let types: [SQLType] = [
        .null, .boolean, .integer, .number(precision: 38, scale: 37), .number(precision: 10, scale: 2),
        .float,
        .varchar, .binary, .date, .time, .timestampNTZ, .timestampLTZ, .timestampTZ, .variant, .object,
        .array,
    ]

    private static func fuzz(
        _ function: ScalarFunction, _ calls: Int, _ random: inout SeededGenerator, _ record: CallRecord
    ) throws {
        var left = calls
        // Most combinations of types do not bind.
        for _ in 0..<calls * 40 where left > 0 {
            let count = Int.random(in: 0...7, using: &random)
            let types = (0..<count).map { _ in Self.types.randomElement(using: &random) ?? .null }
            guard (try? function.bind(types.map { .init(type: $0) })) != nil else { continue }
            for _ in 0..<4 {
                let values = types.map { value($0, &random) }
                let rows = Bool.random(using: &random) ? 1 : 3
                let vectors = values.map {
                    Bool.random(using: &random) ? $0.constant(count: rows) : $0.varying(count: rows)
                }
                try record.write(
                    "\(function.name)(\(values.map(text).joined(separator: ", "))), \(rows) rows")
                left -= 1
                _ = try? call(function.name, vectors, count: rows, context(&random))
            }
        }
    }

    private static func fuzzCast(
        _ from: SQLType, _ to: SQLType, _ calls: Int, _ random: inout SeededGenerator, _ record: CallRecord
    ) throws {
        for isTry in [false, true] {
            guard let cast = try? Casts.bind(from: from, to: to, isTry: isTry) else { continue }
            for _ in 0..<calls {
                let value = value(from, &random)
                try record.write("\(text(value))\(isTry ? " TRY" : "") :: \(to)")
                _ = try? cast(value.varying(count: 3), context(&random))
            }
        }
    }

    private static func text(_ value: Value) -> String { "\(value.scalar)::\(value.type)" }

    private static func context(_ random: inout SeededGenerator) -> EvaluationContext {
        let zones = ["UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati"]
        let name = zones.randomElement(using: &random) ?? "UTC"
        return EvaluationContext(zone: (try? TimeZones.named(name)) ?? .utc, now: 1_700_000_000_000_000)
    }

    // MARK: Values

    /// What marks a value of another type than JSON has.
    private static let typed = String(decoding: TypedText.least, as: UTF8.self)

    private static func value(_ type: SQLType, _ random: inout SeededGenerator) -> Value {
        if Int.random(in: 0..<12, using: &random) == 0 { return .null(type) }
        func any<Element>(_ values: [Element]) -> Element {
            values[Int.random(in: 0..<values.count, using: &random)]
        }
        switch type {
        case .null: return nil
        case .boolean: return .of(.boolean(any([true, false])), type)
        case .number(let precision, let scale):
            let limit = integerPower(precision)
            let number = any(integers)
            return .of(
                .number(
                    number.magnitude < limit.magnitude ? number : any([1, -1]) * (limit - 1), scale: scale),
                type)
        case .float: return .of(.float(any(doubles)), type)
        case .varchar: return .of(.text(any(texts)), type)
        case .binary:
            return .of(.bytes(any([[], [0], [0xFF, 0xFE], Array(repeating: 7, count: 300)])), type)
        case .date: return .of(.temporal(any([-719_162, -1, 0, 1, 11_016, 2_932_896]), type), type)
        case .time: return .of(.temporal(any([0, 1, 86_399_999_999]), type), type)
        case .timestampNTZ, .timestampLTZ: return .of(.temporal(any(instants), type), type)
        case .timestampTZ:
            let instant = any(instants.filter(TimestampTZ.range.contains))
            let offset = any([-720, 0, 345, 840])
            return .of(
                .temporal(TimestampTZ.pack(utcMicroseconds: instant, offsetMinutes: offset), type), type)
        case .variant: return .of(.json(any(documents)), type)
        case .object: return .object(any(["{}", #"{"a":1}"#, #"{"a":{"b":[1,null]},"c":"\u0000"}"#]))
        case .array:
            return .array(any(["[]", "[1]", #"[3,"x",null,{"a":1},[2],1e300]"#, "[\"\(typed)fNaN\"]"]))
        }
    }

    private static let integers: [Int128] = [
        0, 1, -1, 2, 3, 7, 38, 39, 64, 100, 1000, Int128(Int32.max), Int128(Int32.min), Int128(Int64.max),
        Int128(Int64.max) - 1, Int128(Int64.max) + 1, Int128(Int64.min), Int128(Int64.min) - 1,
        Int128(UInt64.max),
        integerPower(38) - 1, 1 - integerPower(38), 253_402_300_799, 31_536_000_000, -31_536_000_001,
    ]
    private static let doubles: [Double] = [
        0, -0.0, 0.5, 1, -1, 2, 100, .nan, .infinity, -.infinity, .greatestFiniteMagnitude, -1e308,
        .leastNonzeroMagnitude, 1e19, -1e19, 9.3e18, 1e38, 1e39, 0x1p63, -0x1p63,
    ]
    private static let texts: [String] = [
        "", " ", "a", "abc", "ABC", "é日本🙂", "%_\\", "\\", "[", "(a|b)*", "(b)", "a{2,3}", "(", "\\b", "^",
        "$", ".*",
        "YYYY-MM-DD", "HH12:MI:SS.FF9 AM TZH:TZM", "Month", "9999", "MI99", "B0.9EEEE", "XX", "FM9G999D99",
        "S$9", "TME",
        "{a:1,}", "[1,,2]", "{\"a\": [1, {\"b\": null}]}", "NaN", "inf", "9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999999999999999999999", "1e400", "-1e-400", "0.0000001", "2024-02-29", "0001-01-01",
        "9999-12-31 23:59:59.999999", "10:11:12", "day", "week", "month", "year", "nanosecond",
        "epoch_second",
        "America/New_York", "Nowhere", "i", "e", "cims", "d", "a.b[0]", "a[9223372036854775808]", "SGVsbG8=",
        "FFFE", "f",
        "128.0.0.1", typed + "d2024-01-01", typed + "f", String(repeating: "ab", count: 500),
    ]
    private static let instants: [Int64] = [
        -62_135_596_800_000_000, -1, 0, 1, 1_710_054_000_000_000, 9_000_000_000_000_000,
        253_402_300_799_999_999,
    ]
    private static let documents: [String] =
        [
            "null", "true", "0", "-1", "1.5", "1e300", "9223372036854775808",
            "99999999999999999999999999999999999999999",
            "\"\"", "\"abc\"", "\"2024-01-15\"", "\"\\u0000\"", "[]", "{}", "[1,[2,[3]],null]",
            "{\"a\":{\"b\":1}}",
        ] + ["d2024-01-01", "fNaN", "f-inf", "bFF", "l2024-01-01", "t", "z"].map { "\"\(typed)\($0)\"" }
}
