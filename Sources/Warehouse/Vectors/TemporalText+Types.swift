package import CivilTime

extension TemporalText {
    /// A DATE, a TIME or a timestamp, in Snowflake's default form.
    package static func text(_ value: Int64, _ type: SQLType) -> String {
        switch type {
        case .date: return date(value)
        case .time: return time(value)
        case .timestampTZ:
            let offset = TimestampTZ.offsetMinutes(value)
            let local = TimestampTZ.utcMicroseconds(value) + Int64(offset) * 60_000_000
            return timestamp(local) + " " + zone(offset)
        case .timestampLTZ: return timestamp(value) + " +0000"
        default: return timestamp(value)
        }
    }
}
