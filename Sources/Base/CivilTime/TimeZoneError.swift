/// Why there are no rules of a time zone.
package struct TimeZoneError: Error, Equatable, Sendable {
    /// What kind of failure it is.
    package enum Code: Sendable {
        /// There is no zone of that name, or no data on this system.
        case unknown
        /// The zone's data cannot be read or makes no sense.
        case damaged
        /// The zone's data has what timestamps have not.
        case unsupported
    }

    package let code: Code
    /// What is wrong, and what to do.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
