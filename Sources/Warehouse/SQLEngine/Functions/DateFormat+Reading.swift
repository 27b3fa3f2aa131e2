import CivilTime
package import Vectors

extension DateFormat {
    /// The DATE, TIME or timestamp that a text says, all of it, or `nil` where the text is not of the format.
    ///
    /// What the format lacks is of 1970-01-01 00:00:00. TIMESTAMP_LTZ and TIMESTAMP_TZ without an offset in
    /// the text are of the session's zone; TIMESTAMP_NTZ keeps the time as written.
    package func parse(
        _ bytes: UnsafeBufferPointer<UInt8>, _ type: SQLType, _ context: EvaluationContext
    ) -> Int64? {
        if isAutomatic { return Self.automatic(bytes, type, context) }
        var reader = FormatReader(bytes)
        guard reader.read(elements), let wall = reader.wallClock() else { return nil }
        return Self.value(wall, offsetMinutes: reader.offsetMinutes, type, context)
    }

    private static func automatic(
        _ bytes: UnsafeBufferPointer<UInt8>, _ type: SQLType, _ context: EvaluationContext
    ) -> Int64? {
        if type == .time { return TextParsing.time(bytes) }
        guard let written = TextParsing.timestamp(bytes) else { return nil }
        return value(
            written.local,
            offsetMinutes: written.isEpoch && type == .timestampLTZ ? 0 : written.offsetMinutes, type, context
        )
    }

    private static func value(
        _ wall: Int64, offsetMinutes: Int?, _ type: SQLType, _ context: EvaluationContext
    ) -> Int64? {
        guard Civil.microsecondRange.contains(wall) else { return nil }
        switch type {
        case .date: return Civil.floor(wall, Civil.day)
        case .time: return Civil.modulo(wall, Civil.day)
        case .timestampLTZ, .timestampTZ:
            var clock = ZoneClock(context.zone)
            let instant = offsetMinutes.map { wall - Int64($0) * 60_000_000 } ?? clock.utc(fromLocal: wall)
            guard Civil.microsecondRange.contains(instant) else { return nil }
            if type == .timestampLTZ { return instant }
            let offset = offsetMinutes ?? clock.offsetMinutes(atUTC: instant)
            // Other offsets cannot be held.
            guard offset % 15 == 0, TimestampTZ.range.contains(instant) else { return nil }
            return TimestampTZ.pack(utcMicroseconds: instant, offsetMinutes: offset)
        default: return wall
        }
    }
}

/// Reads a text by the elements of a format.
struct FormatReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var place = 0
    private var year = 1970
    private var month = 1
    private var day = 1
    private var hour = 0
    private var isHourOf12 = false
    private var isAfternoon: Bool?
    private var minute = 0
    private var second = 0
    private var microsecond = 0
    private var zoneHour: Int?
    private var zoneMinute = 0
    private var isZoneNegative = false

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// The offset that the text has.
    var offsetMinutes: Int? { zoneHour.map { ($0 * 60 + zoneMinute) * (isZoneNegative ? -1 : 1) } }

    /// Whether the text is of the format, from its first byte to its last.
    mutating func read(_ elements: [DateFormat.Element]) -> Bool {
        var index = 0
        while index < elements.count {
            if elements[index] == .zoneHour, takeUTC() {
                // Z stands for hours, minutes and what is between them.
                zoneHour = 0
                if index + 2 < elements.count, elements[index + 1] == .literal([0x3A]) { index += 1 }
                if index + 1 < elements.count, elements[index + 1] == .zoneMinute { index += 1 }
            } else if !read(elements[index]) {
                return false
            }
            index += 1
        }
        return place == bytes.count
    }

    /// The time as written, in microseconds since 1970; `nil` where there is no such time.
    func wallClock() -> Int64? {
        guard 1...12 ~= month, 1...9999 ~= year, minute < 60, second < 60 else { return nil }
        guard day >= 1, day <= Calendar.daysInMonth(year: year, month: month) else { return nil }
        if let zoneHour, zoneHour > 15 || zoneMinute > 59 { return nil }
        var hour = hour
        if isHourOf12 || isAfternoon != nil {
            // HH24 with AM or PM is taken as it is, if both agree.
            if isHourOf12 || hour <= 12 {
                guard 1...12 ~= hour || (hour == 0 && !isHourOf12) else { return nil }
                hour = hour % 12 + (isAfternoon == true ? 12 : 0)
            } else if isAfternoon == false {
                return nil
            }
        }
        guard hour < 24 else { return nil }
        let seconds = Int64(hour * 3600 + minute * 60 + second)
        return Calendar.days(year: year, month: month, day: day) * Civil.day + seconds * 1_000_000
            + Int64(microsecond)
    }

    private mutating func read(_ element: DateFormat.Element) -> Bool {
        switch element {
        case .year: return number(4, into: \.year)
        case .signedYear: return number(4, into: \.year)
        case .shortYear:
            guard number(2, into: \.year) else { return false }
            year += year < 70 ? 2000 : 1900
            return true
        case .month: return number(2, into: \.month)
        case .shortMonthName: return name(of: CalendarNames.months, letters: 3, into: \.month)
        case .monthName: return name(of: CalendarNames.months, letters: 12, into: \.month)
        case .day: return number(2, into: \.day)
        case .shortDayName:
            var ignored = self
            guard ignored.name(of: CalendarNames.weekdays, letters: 3, into: \.day) else { return false }
            place = ignored.place
            return true
        case .hour24: return number(2, into: \.hour)
        case .hour12:
            isHourOf12 = true
            return number(2, into: \.hour)
        case .halfOfDay: return halfOfDay()
        case .minute: return number(2, into: \.minute)
        case .second: return number(2, into: \.second)
        case .fraction(let digits): return fraction(digits)
        case .zoneHour: return sign() && number(2, into: \.zoneMinute) && hourRead()
        case .zoneMinute:
            if zoneHour == nil { zoneHour = 0 }
            return number(2, into: \.zoneMinute)
        case .zoneDesignator: return zoneDesignator()
        case .literal(let literal): return take(literal)
        }
    }

    private mutating func take(_ literal: [UInt8]) -> Bool {
        guard place + literal.count <= bytes.count else { return false }
        for (offset, byte) in literal.enumerated() where bytes[place + offset] != byte { return false }
        place += literal.count
        return true
    }

    /// One to `digits` digits.
    @inline(__always)
    private mutating func number(_ digits: Int, into field: WritableKeyPath<FormatReader, Int>) -> Bool {
        guard let value = number(digits) else { return false }
        self[keyPath: field] = value
        return true
    }

    private mutating func number(_ digits: Int) -> Int? {
        let start = place
        var value = 0
        while place < bytes.count, place - start < digits, bytes[place] &- 0x30 < 10 {
            value = value * 10 + Int(bytes[place] &- 0x30)
            place += 1
        }
        return place > start ? value : nil
    }

    /// A name, or its first letters, in either case.
    private mutating func name(
        of names: [[UInt8]], letters: Int, into field: WritableKeyPath<FormatReader, Int>
    ) -> Bool {
        for (index, name) in names.enumerated() {
            let length = min(letters, name.count)
            guard place + length <= bytes.count else { continue }
            if (0..<length).allSatisfy({ bytes[place + $0] | 0x20 == name[$0] | 0x20 }) {
                place += length
                self[keyPath: field] = index + 1
                return true
            }
        }
        return false
    }

    private mutating func halfOfDay() -> Bool {
        guard place + 2 <= bytes.count, bytes[place + 1] | 0x20 == 0x6D else { return false }
        let letter = bytes[place] | 0x20
        guard letter == 0x61 || letter == 0x70 else { return false }
        isAfternoon = letter == 0x70
        place += 2
        return true
    }

    /// Up to `digits` digits behind the point; what is finer than a microsecond is dropped.
    private mutating func fraction(_ digits: Int) -> Bool {
        let start = place
        var value = 0
        while place < bytes.count, place - start < digits, bytes[place] &- 0x30 < 10 {
            if place - start < 6 { value = value * 10 + Int(bytes[place] &- 0x30) }
            place += 1
        }
        for _ in min(6, place - start)..<6 { value *= 10 }
        microsecond = value
        return digits == 0 || place > start
    }

    private mutating func sign() -> Bool {
        guard place < bytes.count, bytes[place] == 0x2B || bytes[place] == 0x2D else { return false }
        isZoneNegative = bytes[place] == 0x2D
        place += 1
        return true
    }

    private mutating func hourRead() -> Bool {
        zoneHour = zoneMinute
        zoneMinute = 0
        return true
    }

    private mutating func takeUTC() -> Bool {
        guard place < bytes.count, bytes[place] | 0x20 == 0x7A else { return false }
        place += 1
        return true
    }

    private mutating func zoneDesignator() -> Bool {
        if takeUTC() {
            zoneHour = 0
            return true
        }
        guard read(.zoneHour) else { return false }
        if place < bytes.count, bytes[place] == 0x3A { place += 1 }
        return place == bytes.count || !(bytes[place] &- 0x30 < 10) || read(.zoneMinute)
    }
}
