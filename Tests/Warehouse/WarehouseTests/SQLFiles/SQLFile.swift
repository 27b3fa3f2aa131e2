import DurableIO
import SQLEngine
import Vectors
import Warehouse

/// Statements with what must come of them, read from a text file.
///
/// A file is a list of records, parted by empty lines; lines that begin with `#` are comments.
///
///     statement ok
///     CREATE TABLE t(a INTEGER)
///
///     statement error @1:8 there is no column
///     SELECT b FROM t
///
///     query IT rowsort names=A,B
///     SELECT a, 'x' AS b FROM t
///     ----
///     1 | x
///
/// The letters are the types of the columns: I a NUMBER without and N one with a scale, R FLOAT, T VARCHAR, X
/// BINARY, B BOOLEAN,
/// D DATE, M TIME, S TIMESTAMP_NTZ, L TIMESTAMP_LTZ, Z TIMESTAMP_TZ, V VARIANT, O OBJECT, A ARRAY, ? any.
/// Values are written as
/// clients show them, `(empty)` stands for an empty text, a line break for `\n`. An error may have its place
/// as `@line:column`.
/// `memory 4096` says that the file needs so many KiB.
struct SQLFile {
    enum Expectation {
        case success
        case failure(place: String?, message: String)
        case rows(types: String, isSorted: Bool, names: [String]?, lines: [String])
    }

    struct Record {
        /// The line of the file, from 1, where the statement stands.
        var line: Int
        var statement: String
        var expectation: Expectation
    }

    struct Failure: Error {
        var line: Int
        var message: String
    }

    let records: [Record]
    /// The least memory limit, in bytes, with which the file can run.
    private(set) var memoryMin = 0

    init(_ text: String) throws {
        var records: [Record] = []
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var index = 0
        while index < lines.count {
            let head = lines[index]
            index += 1
            if head.isEmpty || head.hasPrefix("#") { continue }
            if head.hasPrefix("memory "), let kibibytes = Int(head.dropFirst(7)) {
                memoryMin = kibibytes << 10
                continue
            }
            let start = index
            let end = lines[start...].firstIndex { $0.isEmpty } ?? lines.count
            index = end
            let body = lines[start..<end].filter { !$0.hasPrefix("#") }
            let divider = body.firstIndex(of: "----") ?? body.count
            records.append(
                Record(
                    line: start + 1, statement: body[..<divider].joined(separator: "\n"),
                    expectation: try Self.expectation(head, Array(body[divider...].dropFirst()), start)))
        }
        self.records = records
    }

    private static func expectation(_ head: String, _ lines: [String], _ line: Int) throws -> Expectation {
        var words = head.split(separator: " ")[...]
        let kind = words.popFirst() ?? ""
        let word = words.popFirst() ?? ""
        switch (kind, word) {
        case ("statement", "ok"): return .success
        case ("statement", "error"):
            let place = words.first?.hasPrefix("@") == true ? words.removeFirst().dropFirst() : nil
            return .failure(place: place.map(String.init), message: words.joined(separator: " "))
        case ("query", _):
            // Names may have spaces in them: they end the line.
            let names = words.firstIndex { $0.hasPrefix("names=") }.map {
                words[$0...].joined(separator: " ")
            }
            return .rows(
                types: String(word), isSorted: words.first == "rowsort",
                names: names.map { $0.dropFirst(6).split(separator: ",").map(String.init) }, lines: lines)
        default: throw Failure(line: line, message: "this is no head of a record: \(head)")
        }
    }

    // MARK: Running

    /// Runs all statements; what did not come as it should.
    func run(_ session: Session) -> [Failure] {
        records.compactMap { record in
            do {
                let result = try session.query(record.statement)
                return Self.fault(record.expectation, result).map { Failure(line: record.line, message: $0) }
            } catch {
                return Self.fault(record.expectation, error, record.statement).map {
                    Failure(line: record.line, message: $0)
                }
            }
        }
    }

    private static func fault(_ expectation: Expectation, _ result: QueryResult) -> String? {
        switch expectation {
        case .success: return nil
        case .failure(_, let message): return "it succeeded, and should say: \(message)"
        case .rows(let types, let isSorted, let names, let lines):
            let found = String(result.columns.map { letter($0.type) })
            guard types.count == found.count, zip(types, found).allSatisfy({ $0 == "?" || $0 == $1 }) else {
                return "the types are \(found) and should be \(types): \(result.columns.map(\.type))"
            }
            if let names, names != result.columns.map(\.name) {
                return "the names are \(result.columns.map(\.name))"
            }
            var rows = result.rows.map { $0.map(text).joined(separator: " | ") }
            var wanted = lines
            if isSorted {
                rows.sort()
                wanted.sort()
            }
            let isSame = rows.count == wanted.count && zip(rows, wanted).allSatisfy { isEqual($0, $1, types) }
            return isSame
                ? nil
                : "it gives\n\(rows.joined(separator: "\n"))\nand should give\n\(wanted.joined(separator: "\n"))"
        }
    }

    private static func fault(_ expectation: Expectation, _ error: any Error, _ statement: String) -> String?
    {
        guard let error = error as? SQLError else { return "it failed with \(error)" }
        let place = error.place(in: statement).map { "\($0.line):\($0.column)" } ?? "nowhere"
        guard case .failure(let expected, let message) = expectation else {
            return "it failed at \(place): \(error.message)"
        }
        if !message.isEmpty, !error.message.contains(message) {
            return "it says at \(place): \(error.message)"
        }
        if let expected, place != expected { return "the error is at \(place): \(error.message)" }
        return nil
    }

    private static func letter(_ type: SQLType) -> Character {
        switch type {
        case .null: "T"
        case .boolean: "B"
        case .number(_, let scale): scale == 0 ? "I" : "N"
        case .float: "R"
        case .varchar: "T"
        case .binary: "X"
        case .date: "D"
        case .time: "M"
        case .timestampNTZ: "S"
        case .timestampLTZ: "L"
        case .timestampTZ: "Z"
        case .variant: "V"
        case .object: "O"
        case .array: "A"
        }
    }

    private static func text(_ value: Scalar) -> String {
        let text = value.description
        if text.isEmpty { return "(empty)" }
        return text.utf8.contains(0x0A)
            ? text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\\n") : text
    }

    /// Whether two rows are equal, FLOATs within a few units of their last digits.
    private static func isEqual(_ left: String, _ right: String, _ types: String) -> Bool {
        if left == right { return true }
        let (a, b) = (values(left), values(right))
        guard a.count == b.count, a.count == types.count else { return false }
        return zip(zip(a, b), types).allSatisfy { pair, type in
            if pair.0 == pair.1 { return true }
            guard type == "R", let x = Double(pair.0), let y = Double(pair.1) else { return false }
            return abs(x - y) <= 1e-12 * max(abs(x), abs(y))
        }
    }

    private static func values(_ line: String) -> [String] {
        let bytes = Array(line.utf8)
        var values: [String] = []
        var start = 0
        var index = 0
        while index + 2 < bytes.count {
            if bytes[index] == 0x20, bytes[index + 1] == 0x7C, bytes[index + 2] == 0x20 {
                values.append(String(decoding: bytes[start..<index], as: UTF8.self))
                index += 3
                start = index
            } else {
                index += 1
            }
        }
        return values + [String(decoding: bytes[start...], as: UTF8.self)]
    }
}
