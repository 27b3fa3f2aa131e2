package import CivilTime

/// What the values of expressions may depend on beside their arguments: the session's settings and the
/// statement's time.
package struct EvaluationContext: Sendable {
    /// The session's TIMEZONE.
    package var zone: TimeZoneRules
    /// When the statement began: microseconds since 1970 UTC. What CURRENT_TIMESTAMP gives.
    package var now: Int64
    /// WEEK_START: 0 (ISO-like Monday weeks for WEEK, Sunday = 0 for DAYOFWEEK), 1 Monday to 7 Sunday.
    package var weekStart = 0
    /// WEEK_OF_YEAR_POLICY: 0 ISO-like, 1 the week of 1 January is the first.
    package var weekOfYearPolicy = 0
    /// The names that CURRENT_DATABASE() and CURRENT_SCHEMA() give.
    package var database = ""
    package var schema = ""
    /// Seed of RANDOM() and its kin for this statement; draws are a function of it and of the row alone.
    package var seed: UInt64 = 0

    package init(zone: TimeZoneRules = .utc, now: Int64 = 0) {
        self.zone = zone
        self.now = now
    }
}
