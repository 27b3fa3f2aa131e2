import CivilTime
import SQLEngine
import Vectors

/// A parameter of ALTER SESSION.
struct SessionParameter {
    enum Kind {
        case boolean
        case number(ClosedRange<Int>)
        case text
        /// Accepted for clients that set it, with this value alone.
        case fixed
    }

    var name: String
    var kind: Kind
    var defaultValue: String
    var summary: String

    /// All that are known; names that begin with CLIENT_ are accepted beside them.
    static let all: [SessionParameter] = [
        .init(
            "AUTOCOMMIT", .fixed, "TRUE", "A statement outside of BEGIN … COMMIT is a transaction of its own."
        ),
        .init("BINARY_INPUT_FORMAT", .fixed, "HEX", "How VARCHAR becomes BINARY."),
        .init("BINARY_OUTPUT_FORMAT", .fixed, "HEX", "How BINARY becomes VARCHAR."),
        .init("DATE_INPUT_FORMAT", .fixed, "AUTO", "How VARCHAR becomes DATE."),
        .init(
            "DATE_OUTPUT_FORMAT", .fixed, "YYYY-MM-DD",
            "How DATE becomes VARCHAR; TO_CHAR takes other formats."),
        .init(
            "ERROR_ON_NONDETERMINISTIC_MERGE", .boolean, "TRUE",
            "Whether MERGE fails where a row matches several."),
        .init(
            "ERROR_ON_NONDETERMINISTIC_UPDATE", .boolean, "FALSE",
            "Whether UPDATE … FROM fails where a row matches several."),
        .init(
            "LOCK_TIMEOUT", .number(0...Int(Int32.max)), "43200",
            "Recorded; writers wait ten seconds for each other."),
        .init(
            "MULTI_STATEMENT_COUNT", .number(0...Int(Int32.max)), "0",
            "Recorded; scripts may have any number of statements."),
        .init("QUERY_TAG", .text, "", "A label for the session's statements."),
        .init("QUOTED_IDENTIFIERS_IGNORE_CASE", .fixed, "FALSE", "Names in double quotes keep their case."),
        .init("ROWS_PER_RESULTSET", .fixed, "0", "Results are given as a whole."),
        .init(
            "STATEMENT_TIMEOUT_IN_SECONDS", .number(0...604_800), "0",
            "Recorded; statements run until they end or are interrupted."),
        .init("TIMESTAMP_INPUT_FORMAT", .fixed, "AUTO", "How VARCHAR becomes a timestamp."),
        .init("TIMESTAMP_TYPE_MAPPING", .fixed, "TIMESTAMP_NTZ", "What TIMESTAMP stands for."),
        .init("TIMEZONE", .text, "UTC", "The time zone in which TIMESTAMP_LTZ is shown and read."),
        .init("TIME_INPUT_FORMAT", .fixed, "AUTO", "How VARCHAR becomes TIME."),
        .init(
            "TIME_OUTPUT_FORMAT", .fixed, "HH24:MI:SS",
            "How TIME becomes VARCHAR; TO_CHAR takes other formats."),
        .init(
            "TRANSACTION_ABORT_ON_ERROR", .fixed, "FALSE",
            "A statement that fails leaves nothing; its transaction goes on."),
        .init(
            "TRANSACTION_DEFAULT_ISOLATION_LEVEL", .fixed, "READ COMMITTED",
            "Snapshots in fact, which is stricter."),
        .init("TWO_DIGIT_CENTURY_START", .fixed, "1970", "The first year that two digits stand for."),
        .init("USE_CACHED_RESULT", .boolean, "TRUE", "Recorded; results are computed each time."),
        .init(
            "WEEK_OF_YEAR_POLICY", .number(0...1), "0", "0: ISO weeks; 1: the week of 1 January is the first."
        ),
        .init(
            "WEEK_START", .number(0...7), "0",
            "The first day of the week: 1 Monday to 7 Sunday; 0 as ISO has it."),
    ]

    private init(_ name: String, _ kind: Kind, _ defaultValue: String, _ summary: String) {
        self.name = name
        self.kind = kind
        self.defaultValue = defaultValue
        self.summary = summary
    }

    static func named(_ name: String) -> SessionParameter? {
        if let known = all.first(where: { $0.name == name }) { return known }
        return name.hasPrefix("CLIENT_")
            ? .init(name, .text, "", "Recorded; the client's own business.") : nil
    }

    var typeText: String {
        switch kind {
        case .boolean: "BOOLEAN"
        case .number: "NUMBER"
        case .text: "STRING"
        case .fixed:
            defaultValue == "TRUE" || defaultValue == "FALSE"
                ? "BOOLEAN" : Int(defaultValue) != nil ? "NUMBER" : "STRING"
        }
    }

    /// The value in its usual form.
    func checked(_ value: OptionValue, position: Int) throws -> String {
        let text = value.text
        switch kind {
        case .text:
            if case .string = value { return text }
            if case .word = value, name.hasPrefix("CLIENT_") { return text }
            if case .number = value, name.hasPrefix("CLIENT_") { return text }
            throw SQLError(.invalid, "\(name) takes a text in single quotes", position: position)
        case .boolean:
            let word = text.uppercased()
            guard word == "TRUE" || word == "FALSE" else {
                throw SQLError(.invalid, "\(name) is TRUE or FALSE", position: position)
            }
            return word
        case .number(let range):
            guard let number = Int(text), range.contains(number) else {
                throw SQLError(
                    .invalid, "\(name) is a number from \(range.lowerBound) to \(range.upperBound)",
                    position: position)
            }
            return String(number)
        case .fixed:
            guard text.uppercased() == defaultValue else {
                throw SQLError(.unsupported, "\(name) can only be \(defaultValue)", position: position)
            }
            return defaultValue
        }
    }
}

extension OptionValue {
    /// The value as text.
    var text: String {
        switch self {
        case .word(let text), .string(let text): text
        case .number(let value): Int(exactly: value).map(String.init) ?? "\(value)"
        case .list(let list): list.map(\.text).joined(separator: ",")
        case .options(let options):
            options.sorted { $0.key < $1.key }.map { "\($0)=\($1.text)" }.joined(separator: " ")
        }
    }
}

extension SessionSettings {
    /// The value of a parameter as text.
    func parameter(_ name: String) -> String {
        parameters[name]?.text ?? SessionParameter.named(name)?.defaultValue ?? ""
    }

    /// Whether a parameter is TRUE.
    func isOn(_ name: String) -> Bool { parameter(name) == "TRUE" }

    /// Sets a parameter, or takes it back to its default.
    mutating func setParameter(_ name: String, _ value: OptionValue?, position: Int) throws {
        guard let known = SessionParameter.named(name) else {
            let near = NearestNames.of(name, among: SessionParameter.all.map(\.name))
            throw SQLError(
                .notFound,
                "there is no session parameter \(name)"
                    + (near.isEmpty ? "" : "; did you mean \(near.joined(separator: " or "))?"),
                position: position)
        }
        let text = try value.map { try known.checked($0, position: position) }
        switch name {
        case "TIMEZONE": zone = try text.map { try SQLTimeZone.named($0) } ?? .utc
        case "WEEK_START": weekStart = text.flatMap { Int($0) } ?? 0
        case "WEEK_OF_YEAR_POLICY": weekOfYearPolicy = text.flatMap { Int($0) } ?? 0
        default: break
        }
        parameters[name] = text.map(OptionValue.string)
    }
}

extension StatementRun {
    func alterSession(_ alter: AlterSession) throws -> StatementOutcome {
        // Either all are set or none.
        var settings = catalog.settings
        switch alter.action {
        case .set(let options):
            for (name, value) in options.sorted(by: { $0.key < $1.key }) {
                try settings.setParameter(name, value, position: alter.position)
            }
        case .unset(let names):
            for name in names { try settings.setParameter(name, nil, position: alter.position) }
        }
        catalog.settings = settings
        return Self.success
    }

    func setVariables(_ list: [(name: Identifier, value: Expression)]) throws -> StatementOutcome {
        let values = try list.map { try value(of: $0.value) }
        for ((name, _), value) in zip(list, values) { catalog.settings.variables[name.name] = value }
        return Self.success
    }

    func unsetVariables(_ names: [Identifier]) -> StatementOutcome {
        for name in names { catalog.settings.variables[name.name] = nil }
        return Self.success
    }

    static let success = StatementOutcome(message: "Statement executed successfully.")

    /// The value of an expression that reads no columns, but may read tables in subqueries.
    func value(of expression: Expression, as type: SQLType? = nil) throws -> Scalar {
        let binder = makeBinder()
        do {
            var query = try binder.bind(try SQLParser.parseQuery("SELECT \(expression.sqlText)"))
            if let type { query = try binder.convert(query, to: [type]) }
            var value = Scalar.null
            try drain(try PhysicalPlanner(binder, context).plan(query)) { batch in
                value = batch.columns[0].scalar(at: 0)
            }
            return value
        } catch var error as SQLError {
            // The places are those of the text made here.
            error.position = expression.position
            throw error
        }
    }
}
