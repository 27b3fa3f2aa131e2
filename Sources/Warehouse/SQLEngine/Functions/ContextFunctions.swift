import CivilTime
import Vectors

/// Functions of the statement's time and of the session.
enum ContextFunctions {
    static let all: [ScalarFunction] = times + session

    /// - Parameter digits: whether a number of digits behind the point may be given; times keep all they
    ///   have.
    private static func time(
        _ name: String, aliases: [String] = [], _ summary: String, _ type: SQLType, digits: Bool = true,
        _ body: @escaping @Sendable (EvaluationContext) -> Int64
    ) -> ScalarFunction {
        .plain(
            name, aliases: aliases, "\(name)(\(digits ? "[digits]" : ""))", summary, digits ? [.integer] : [],
            optional: digits ? 1 : 0, type
        ) { _, count, context in
            .constant(.temporal(body(context), type), type, count: count)
        }
    }

    private static let times: [ScalarFunction] = [
        time(
            "CURRENT_TIMESTAMP", aliases: ["NOW", "GETDATE", "LOCALTIMESTAMP", "SYSTIMESTAMP"],
            "When the statement began.", .timestampLTZ
        ) { $0.now },
        time("SYSDATE", "When the statement began, in UTC.", .timestampNTZ, digits: false) { $0.now },
        time("CURRENT_DATE", "The day on which the statement began.", .date, digits: false) { context in
            Calendar.floorDivide(context.zone.local(fromUTC: context.now), by: Calendar.microsecondsPerDay)
                .quotient
        },
        time("CURRENT_TIME", aliases: ["LOCALTIME"], "The time of day at which the statement began.", .time) {
            context in
            Calendar.floorDivide(context.zone.local(fromUTC: context.now), by: Calendar.microsecondsPerDay)
                .remainder
        },
    ]

    private static func text(
        _ name: String, _ summary: String, _ body: @escaping @Sendable (EvaluationContext) -> String
    ) -> ScalarFunction {
        .plain(name, "\(name)()", summary, [], .varchar) { _, count, context in
            .constant(.text(body(context)), .varchar, count: count)
        }
    }

    private static let session: [ScalarFunction] = [
        text("CURRENT_DATABASE", "The database in use.") { $0.database },
        text("CURRENT_SCHEMA", "The schema in use.") { $0.schema },
        text("CURRENT_USER", "The user: there is but one.") { _ in "TAPEHOUSE" },
        text("CURRENT_ROLE", "The role: there is but one.") { _ in "ACCOUNTADMIN" },
        text("CURRENT_WAREHOUSE", "The warehouse: there is but one.") { _ in "TAPEHOUSE" },
        text("CURRENT_ACCOUNT", "The account: there is but one.") { _ in "TAPEHOUSE" },
        text("CURRENT_REGION", "The region: there is but one.") { _ in "LOCAL" },
        text("CURRENT_SESSION", "The session's number.") { _ in "1" },
        text("CURRENT_VERSION", "The version of the dialect.") { _ in "1.0" },
    ]
}
