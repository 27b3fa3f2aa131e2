/// A file of compiled time zone data (TZif, RFC 8536).
struct ZoneFile {
    private let bytes: [UInt8]
    private let name: String
    /// Until when rules are spelt out as transitions.
    private static let lastYear: Int64 = 2400

    init(_ bytes: [UInt8], name: String) {
        self.bytes = bytes
        self.name = name
    }

    private struct Header {
        var version: UInt8
        var transitions: Int
        var types: Int
        var characters: Int
        var leapSeconds: Int
        var standardFlags: Int
        var universalFlags: Int

        func byteCount(timeSize: Int) -> Int {
            transitions * (timeSize + 1) + types * 6 + characters + leapSeconds * (timeSize + 4)
                + standardFlags
                + universalFlags
        }
    }

    func rules() throws(TimeZoneError) -> TimeZoneRules {
        var header = try header(at: 0)
        var body = 44
        var timeSize = 4
        if header.version >= 0x32 {
            // The first part has times of 32 bits only; the same follows with 64.
            let second = 44 + header.byteCount(timeSize: 4)
            header = try self.header(at: second)
            body = second + 44
            timeSize = 8
        }
        let end = body + header.byteCount(timeSize: timeSize)
        guard end <= bytes.count, header.types > 0 else { throw damaged() }
        if header.leapSeconds > 0 {
            throw TimeZoneError(
                .unsupported, "the time zone '\(name)' counts leap seconds, which timestamps do not")
        }
        let typesStart = body + header.transitions * (timeSize + 1)
        var transitions: [Int64] = []
        var offsets = [try offset(ofType: 0, at: typesStart, header)]
        for index in 0..<header.transitions {
            let time = integer(at: body + index * timeSize, size: timeSize)
            if let last = transitions.last, time <= last { throw damaged() }
            transitions.append(time)
            let type = Int(bytes[body + header.transitions * timeSize + index])
            offsets.append(try offset(ofType: type, at: typesStart, header))
        }
        if timeSize == 8 {
            let rest = bytes[end...]
            guard rest.first == 0x0A, let close = rest.dropFirst().firstIndex(of: 0x0A) else {
                throw damaged()
            }
            let footer = bytes[(end + 1)..<close]
            if !footer.isEmpty {
                guard let rule = ZoneRule(footer) else { throw damaged() }
                rule.extend(&transitions, &offsets, until: Self.lastYear)
            }
        }
        return TimeZoneRules(name: name, transitions: transitions, offsets: offsets)
    }

    private func header(at place: Int) throws(TimeZoneError) -> Header {
        guard place >= 0, place + 44 <= bytes.count, bytes[place..<place + 4].elementsEqual("TZif".utf8)
        else {
            throw TimeZoneError(.unknown, "'\(name)' is no time zone, though there is a file of that name")
        }
        let counts = (0..<6).map { Int(integer(at: place + 20 + $0 * 4, size: 4)) }
        guard counts.allSatisfy({ $0 >= 0 && $0 < 1 << 20 }) else { throw damaged() }
        return Header(
            version: bytes[place + 4], transitions: counts[3], types: counts[4], characters: counts[5],
            leapSeconds: counts[2], standardFlags: counts[1], universalFlags: counts[0])
    }

    private func offset(ofType type: Int, at start: Int, _ header: Header) throws(TimeZoneError) -> Int64 {
        guard type < header.types else { throw damaged() }
        let offset = integer(at: start + type * 6, size: 4)
        guard abs(offset) <= 26 * 3600 else { throw damaged() }
        return offset
    }

    /// A number of 4 or 8 bytes, the highest first.
    private func integer(at place: Int, size: Int) -> Int64 {
        var value: UInt64 = 0
        for index in 0..<size { value = value << 8 | UInt64(bytes[place + index]) }
        return size == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
    }

    private func damaged() -> TimeZoneError {
        TimeZoneError(.damaged, "the time zone data of '\(name)' is damaged")
    }
}

/// The rule at the end of a zone's data for all time after its last transition, such as
/// `EST5EDT,M3.2.0,M11.1.0`.
struct ZoneRule {
    private enum Day {
        /// J1 to J365: 29 February does not count.
        case ofCommonYear(Int64)
        /// 0 to 365.
        case ofYear(Int64)
        /// Month, week (5: the last), day of the week (0 Sunday).
        case ofMonth(Int64, Int64, Int64)
    }

    /// Offsets from UTC in seconds.
    private var standard: Int64 = 0
    private var daylight: Int64?
    private var start: (day: Day, time: Int64) = (.ofMonth(3, 2, 0), 7200)
    private var end: (day: Day, time: Int64) = (.ofMonth(11, 1, 0), 7200)

    init?(_ text: ArraySlice<UInt8>) {
        var scanner = Scanner(rest: text)
        guard scanner.skipName(), let offset = scanner.time() else { return nil }
        standard = -offset
        if scanner.rest.isEmpty { return }
        guard scanner.skipName() else { return nil }
        if scanner.rest.isEmpty || scanner.rest.first == 0x2C {
            daylight = standard + 3600
        } else {
            guard let offset = scanner.time() else { return nil }
            daylight = -offset
        }
        if scanner.rest.isEmpty { return }
        guard let first = scanner.change(), let second = scanner.change(), scanner.rest.isEmpty else {
            return nil
        }
        (start, end) = (first, second)
    }

    /// Adds the transitions after the last one.
    func extend(_ transitions: inout [Int64], _ offsets: inout [Int64], until lastYear: Int64) {
        guard let daylight else {
            // After the last transition the rule holds: usually it says the same.
            if transitions.isEmpty, offsets.count == 1 { offsets[0] = standard }
            return
        }
        let last = transitions.last
        let firstYear = last.map { Civil.date(Civil.floor($0, 86_400)).year } ?? 1
        guard firstYear <= lastYear else { return }
        var added: [(time: Int64, offset: Int64)] = []
        for year in firstYear...lastYear {
            added.append((Self.seconds(start, year) - standard, daylight))
            added.append((Self.seconds(end, year) - daylight, standard))
        }
        // Sorting keeps the order of equal times: where summer lasts all year, a year's end comes before
        // the next start.
        let sorted = added.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
        for (_, change) in sorted where last.map({ change.time > $0 }) ?? true {
            if offsets.last == change.offset { continue }
            if transitions.last == change.time {
                offsets[offsets.count - 1] = change.offset
            } else {
                transitions.append(change.time)
                offsets.append(change.offset)
            }
        }
    }

    /// The wall-clock time of a change in a year, in seconds since 1970.
    private static func seconds(_ change: (day: Day, time: Int64), _ year: Int64) -> Int64 {
        let newYear = Civil.days(year, 1, 1)
        let days: Int64
        switch change.day {
        case .ofCommonYear(let day): days = newYear + day - 1 + (Civil.isLeap(year) && day >= 60 ? 1 : 0)
        case .ofYear(let day): days = newYear + day
        case .ofMonth(let month, let week, let weekday):
            let first = Civil.days(year, month, 1)
            var day = first + Civil.modulo(weekday - first - 4, 7) + (week - 1) * 7
            if day >= first + Civil.length(year, month) { day -= 7 }
            days = day
        }
        return days * 86_400 + change.time
    }

    private struct Scanner {
        var rest: ArraySlice<UInt8>

        mutating func take(_ byte: UInt8) -> Bool {
            guard rest.first == byte else { return false }
            rest.removeFirst()
            return true
        }

        /// A name of letters, or of anything between `<` and `>`.
        mutating func skipName() -> Bool {
            if take(0x3C) {
                guard let close = rest.firstIndex(of: 0x3E) else { return false }
                rest = rest[(close + 1)...]
                return true
            }
            let length = rest.prefix { ($0 | 0x20) &- 0x61 < 26 }.count
            rest.removeFirst(length)
            return length >= 3
        }

        mutating func number(_ range: ClosedRange<Int64>) -> Int64? {
            let digits = rest.prefix { $0 &- 0x30 < 10 }
            guard (1...3).contains(digits.count) else { return nil }
            rest.removeFirst(digits.count)
            let value = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) }
            return range.contains(value) ? value : nil
        }

        /// `[+-]hh[:mm[:ss]]` in seconds.
        mutating func time() -> Int64? {
            let isNegative = take(0x2D)
            if !isNegative { _ = take(0x2B) }
            guard var seconds = number(0...167).map({ $0 * 3600 }) else { return nil }
            for unit in [Int64(60), 1] where take(0x3A) {
                guard let value = number(0...59) else { return nil }
                seconds += value * unit
            }
            return isNegative ? -seconds : seconds
        }

        /// `,day[/time]`.
        mutating func change() -> (day: Day, time: Int64)? {
            guard take(0x2C) else { return nil }
            let day: Day
            if take(0x4D) {
                guard let month = number(1...12), take(0x2E), let week = number(1...5), take(0x2E),
                    let weekday = number(0...6)
                else { return nil }
                day = .ofMonth(month, week, weekday)
            } else if take(0x4A) {
                guard let number = number(1...365) else { return nil }
                day = .ofCommonYear(number)
            } else {
                guard let number = number(0...365) else { return nil }
                day = .ofYear(number)
            }
            guard take(0x2F) else { return (day, 7200) }
            return time().map { (day, $0) }
        }
    }
}
