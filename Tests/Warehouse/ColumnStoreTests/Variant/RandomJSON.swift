import TestSupport

/// Random JSON texts of all sorts, from a seed.
struct RandomJSON {
    var generator: SeededGenerator
    private static let numbers = [
        "0", "-0", "-0.0", "0e7", "1.50", "168", "168.0", "1e400", "-1e-400", "1e22", "12345678901234567890",
        "99999999999999999999999999999999999999", "0.1234567890123456789", "1.7976931348623157e308", "5e-324",
        "1e-7", "2.5E+3",
        "9007199254740993", "0.30000000000000004", "123456789012345678", "999999999999999999",
        "1000000000000000000", "1e18",
        "-12345678.12345678", "0.00000000000000000001", "1234567890123456789012345678901234567890.5", "1e37",
        "1e38", "10.10",
    ]
    private static let strings = [
        "\"\"", "\"a\"", "\"12345678\"", "\"a longer string than eight bytes\"", "\"é€😀\"",
        "\"\\u00e9\\n\\\"\\\\\"", "\"\\ud83d\\ude00\"",
        "\"\\u0000\"", "\"eight €€\"", "\"true\"", "\"0\"",
    ]
    private static let keys = [
        "a", "b", "c", "key", "a longer key than sixteen bytes", "é", "\\u0061", "with \\\"quotes\\\"", "",
        "a.b",
    ]

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &generator) }

    mutating func number() -> String {
        switch below(4) {
        case 0: return Self.numbers[below(Self.numbers.count)]
        case 1: return "\(below(2_000_000) - 1_000_000)"
        default:
            let digits = "\(below(100_000))"
            return "\(below(2) == 0 ? "-" : "")\(below(1000)).\(digits)"
        }
    }

    mutating func value(depth: Int) -> String {
        switch below(depth > 0 ? 10 : 7) {
        case 0: return "null"
        case 1: return below(2) == 0 ? "true" : "false"
        case 2, 3: return Self.strings[below(Self.strings.count)]
        case 4, 5, 6: return number()
        case 7: return "[" + (0..<below(4)).map { _ in value(depth: depth - 1) }.joined(separator: ",") + "]"
        default: return object(depth: depth - 1)
        }
    }

    mutating func object(depth: Int) -> String {
        let blank = ["", "", " "][below(3)]
        let members = (0..<below(5)).map { _ in
            "\"\(Self.keys[below(Self.keys.count)])\":\(blank)\(value(depth: depth))"
        }
        return "{" + members.joined(separator: ",\(blank)") + "}"
    }

    /// A row: mostly objects.
    mutating func row() -> String { below(20) == 0 ? value(depth: 6) : object(depth: 6) }

    /// A row of a regular table, in which one in `oddity` values is anything.
    mutating func record(oddity: Int) -> String {
        var members = [
            "\"id\":\(below(100_000))", "\"price\":\(below(1000)).\(below(100))",
            "\"name\":\"N\(below(50))\"",
        ]
        members.append("\"flag\":\(below(2) == 0)")
        members.append("\"place\":{\"x\":\(below(10)).5,\"y\":{\"z\":\(below(9))}}")
        for index in members.indices where below(oddity) == 0 {
            let key = members[index].prefix { $0 != ":" }
            members[index] = "\(key):\(value(depth: 2))"
        }
        if below(oddity) == 0 { members.remove(at: below(members.count)) }
        if below(oddity) == 0 { members.swapAt(0, members.count - 1) }
        return "{" + members.joined(separator: ",") + "}"
    }
}
