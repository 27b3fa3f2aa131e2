/// The offsets from UTC of a time zone.
package final class TimeZoneRules: Sendable {
    package let name: String
    /// When the offset changes, in seconds since 1970 UTC, rising.
    private let transitions: [Int64]
    /// Offsets in seconds: the first holds before the first transition, each next one from its transition on.
    private let offsets: [Int64]

    /// - Parameter offsets: one more than `transitions`.
    package init(name: String, transitions: [Int64], offsets: [Int64]) {
        precondition(offsets.count == transitions.count + 1, "each transition begins an offset")
        self.name = name
        self.transitions = transitions
        self.offsets = offsets
    }

    package static let utc = TimeZoneRules(name: "UTC", transitions: [], offsets: [0])

    /// The offset in seconds at an instant in microseconds since 1970 UTC.
    package func offsetSeconds(atUTC microseconds: Int64) -> Int64 {
        if transitions.isEmpty { return offsets[0] }
        let seconds = Calendar.floorDivide(microseconds, by: 1_000_000).quotient
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle] <= seconds { low = middle + 1 } else { high = middle }
        }
        return offsets[low]
    }

    /// The wall-clock time at an instant; both in microseconds.
    package func local(fromUTC microseconds: Int64) -> Int64 {
        microseconds + offsetSeconds(atUTC: microseconds) * 1_000_000
    }

    /// The instant of a wall-clock time. Of two (clocks going back) the earlier; one that never was (clocks
    /// going forward)
    /// is moved on by the gap.
    package func utc(fromLocal microseconds: Int64) -> Int64 {
        if transitions.isEmpty { return microseconds - offsets[0] * 1_000_000 }
        let early = offsetSeconds(atUTC: microseconds - 86_400_000_000)
        let candidate = microseconds - early * 1_000_000
        if offsetSeconds(atUTC: candidate) == early { return candidate }
        let late = offsetSeconds(atUTC: microseconds + 86_400_000_000)
        let other = microseconds - late * 1_000_000
        return offsetSeconds(atUTC: other) == late ? other : candidate
    }
}
