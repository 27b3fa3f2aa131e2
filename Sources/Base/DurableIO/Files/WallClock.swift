#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The time of day, for what is stamped with it. What must be reproducible takes its time as a parameter.
public enum WallClock {
    /// Nanoseconds since 1970-01-01 00:00:00 UTC.
    public static func nanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Milliseconds since 1970-01-01 00:00:00 UTC.
    public static func milliseconds() -> Int64 { nanoseconds() / 1_000_000 }

    /// Waits; a signal may end the wait early.
    public static func sleep(_ duration: Duration) {
        let parts = duration.components
        var time = timespec(tv_sec: Int(parts.seconds), tv_nsec: Int(parts.attoseconds / 1_000_000_000))
        nanosleep(&time, nil)
    }
}
