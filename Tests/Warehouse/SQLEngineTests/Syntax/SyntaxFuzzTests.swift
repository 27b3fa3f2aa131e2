import SQLEngine
import TestSupport
import Testing

@Suite struct SyntaxFuzzTests {
    private static let statements = SyntaxCorpus.all.map(\.sql)

    /// What is written parses to what it was written from.
    @Test(arguments: SyntaxCorpus.queries.map(\.sql))
    func writtenQueriesReadTheSame(sql: String) throws {
        let text = try SQLParser.parseQuery(sql).sqlText
        #expect(try SQLParser.parseQuery(text).sqlText == text)
    }

    /// Changed statements are parsed or refused; nothing crashes, and what parses can be written and read again. As
    /// many inputs as `TAPEHOUSE_FUZZ_INPUTS` says, 20,000 without.
    @Test func changedStatementsAreParsedOrRefused() async throws {
        let inputs = environment("TAPEHOUSE_FUZZ_INPUTS").flatMap { Int($0) } ?? 20_000
        try await onOwnThread { try Self.fuzz(inputs) }
    }

    private static func fuzz(_ inputs: Int) throws {
        var random = SeededGenerator(seed: 7)
        let corpus = statements.map { Array($0.utf8) }
        var parsed = 0
        for _ in 0..<inputs {
            let sql = String(decoding: mutant(of: corpus, &random), as: UTF8.self)
            let ranges = SQLParser.split(sql)
            let isOrdered = zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound }
            guard isOrdered, ranges.allSatisfy({ !$0.isEmpty && $0.upperBound <= sql.utf8.count }) else {
                Issue.record("split: \(sql)")
                return
            }
            _ = SQLParser.isComplete(sql)
            do throws(SQLError) {
                let statement = try SQLParser.parse(sql)
                parsed += 1
                if case .query(let query) = statement { try check(query, of: sql) }
            } catch {
                guard let position = error.position, 0...sql.utf8.count ~= position, !error.message.isEmpty
                else {
                    Issue.record("error without a place: \(sql)")
                    return
                }
            }
        }
        // Many changes leave a statement right; that none would be would mean that nothing was tested.
        #expect(parsed > inputs / 50)
    }

    private static func check(_ query: Query, of sql: String) throws(SQLError) {
        let text = query.sqlText
        let again: String
        do throws(SQLError) { again = try SQLParser.parseQuery(text).sqlText } catch {
            // Only depth may differ: sets of GROUP BY are spelt out, and parentheses come where a tree leans.
            if !error.message.contains("too deeply") { Issue.record("\(sql)\n\(text)\n\(error.message)") }
            return
        }
        if again != text { Issue.record("\(sql)\n\(text)\n\(again)") }
    }

    // MARK: Mutants

    private static func mutant(of corpus: [[UInt8]], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = corpus.randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            switch Int.random(in: 0..<7, using: &random) {
            case 0 where !bytes.isEmpty:
                bytes[Int.random(in: bytes.indices, using: &random)] ^=
                    1 << UInt8.random(in: 0..<8, using: &random)
            case 1:
                let start = Int.random(in: 0...bytes.count, using: &random)
                bytes.removeSubrange(start..<min(bytes.count, start + Int.random(in: 1...8, using: &random)))
            case 2:
                let other = corpus.randomElement(using: &random) ?? []
                let cut = Int.random(in: 0...other.count, using: &random)
                bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
                bytes += other[cut...]
            case 3: shuffle(&bytes, &random)
            case 4:
                let signs = Array("'\"()[]{}$@;:,.*-/\\%=<>\u{FFFD}\0e1".utf8)
                let at = Int.random(in: 0...bytes.count, using: &random)
                bytes.insert(signs.randomElement(using: &random) ?? 0, at: at)
            case 5:
                let range = tokens(bytes).randomElement(using: &random) ?? 0..<0
                let other = corpus.randomElement(using: &random) ?? []
                let replacement = tokens(other).randomElement(using: &random) ?? 0..<0
                bytes.replaceSubrange(range, with: other[replacement])
            default: nest(&bytes, &random)
            }
        }
        return bytes
    }

    /// Runs of bytes between blanks.
    private static func tokens(_ bytes: [UInt8]) -> [Range<Int>] {
        bytes.split(separator: 0x20).map { $0.startIndex..<$0.endIndex }
    }

    private static func shuffle(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        var parts = bytes.split(separator: 0x20)
        guard parts.count > 1 else { return }
        parts.swapAt(
            Int.random(in: parts.indices, using: &random), Int.random(in: parts.indices, using: &random))
        bytes = Array(parts.joined(separator: [0x20]))
    }

    private static func nest(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        let open =
            [
                "(", "[", "f(", "(SELECT ", "{'a':", "NOT ", "- ", "CASE WHEN ", "SELECT * FROM (",
                "EXPLAIN ", "a + ", "::int",
                "x IN (", "EXISTS (SELECT ", "(SELECT 1) UNION ", "(((", "WITH a AS (SELECT ", "[0]", " AND ",
                "GROUPING SETS (",
            ].randomElement(using: &random) ?? "("
        let count = Int.random(in: 1...300, using: &random)
        let at = Int.random(in: 0...bytes.count, using: &random)
        bytes.insert(contentsOf: Array(String(repeating: open, count: count).utf8), at: at)
        if Bool.random(using: &random), open.contains("(") {
            bytes += Array(String(repeating: ")", count: count * open.count { $0 == "(" }).utf8)
        }
    }
}
