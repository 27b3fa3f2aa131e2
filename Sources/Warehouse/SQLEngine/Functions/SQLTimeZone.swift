package import CivilTime

/// Time zones as statements name them.
package enum SQLTimeZone {
    /// The rules of a zone; see `TimeZones.named`.
    package static func named(_ name: String) throws(SQLError) -> TimeZoneRules {
        do throws(TimeZoneError) { return try TimeZones.named(name) } catch {
            throw SQLError(code(error.code), error.message)
        }
    }

    private static func code(_ code: TimeZoneError.Code) -> SQLError.Code {
        switch code {
        case .unknown: .notFound
        case .damaged: .storage
        case .unsupported: .unsupported
        }
    }
}
