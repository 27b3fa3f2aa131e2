import CivilTime
package import Vectors

extension DateFormat {
    /// A DATE, TIME or timestamp as text: TIMESTAMP_LTZ by the clocks of the session's zone, TIMESTAMP_TZ
    /// by its own offset.
    package func format(_ value: Int64, _ type: SQLType, _ context: EvaluationContext) -> String {
        withTemporaryMemory(of: UInt8.self, capacity: max(1, byteCountMax)) { buffer in
            guard let base = buffer.baseAddress else { return "" }
            let length = write(value, type, context, into: base)
            return String(decoding: UnsafeBufferPointer(start: base, count: length), as: UTF8.self)
        }
    }

    /// The same into `target`, which has room for `byteCountMax` bytes.
    ///
    /// - Returns: how many bytes were written.
    package func write(
        _ value: Int64, _ type: SQLType, _ context: EvaluationContext,
        into target: UnsafeMutablePointer<UInt8>
    ) -> Int {
        // Beyond these nothing but damaged data is; nothing shall trap on it.
        let limit = Int64.max >> 1
        let wall: Int64
        var offset = 0
        switch type {
        case .date: wall = value &* Civil.day
        case .timestampTZ:
            offset = TimestampTZ.offsetMinutes(value)
            wall = TimestampTZ.utcMicroseconds(value) &+ Int64(offset) &* 60_000_000
        case .timestampLTZ:
            let instant = max(-limit, min(limit, value))
            let seconds = context.zone.offsetSeconds(atUTC: instant)
            offset = Int(Civil.floor(seconds &+ 30, 60))
            wall = instant &+ seconds &* 1_000_000
        default: wall = value
        }
        if isAutomatic { return Self.writeDefault(value, wall: wall, type, offset, into: target) }
        var writer = FormatWriter(target: target, time: wall, offset: offset)
        for element in elements { writer.write(element) }
        return writer.count
    }

    private static func writeDefault(
        _ value: Int64, wall: Int64, _ type: SQLType, _ offset: Int, into target: UnsafeMutablePointer<UInt8>
    ) -> Int {
        let text: String
        switch type {
        case .date, .time: text = TemporalText.text(value, type)
        case .timestampNTZ: text = TemporalText.timestamp(wall)
        default: text = TemporalText.timestamp(wall) + " " + TemporalText.zone(offset)
        }
        var count = 0
        for byte in text.utf8.prefix(64) {
            target[count] = byte
            count += 1
        }
        return count
    }
}

/// Writes the elements of a format for one time.
struct FormatWriter {
    private let target: UnsafeMutablePointer<UInt8>
    private(set) var count = 0
    private let date: (year: Int64, month: Int64, day: Int64)
    private let days: Int64
    private let timeOfDay: Int64
    private let offset: Int

    init(target: UnsafeMutablePointer<UInt8>, time: Int64, offset: Int) {
        self.target = target
        self.offset = offset
        days = Civil.floor(time, Civil.day)
        timeOfDay = time &- days &* Civil.day
        date = Civil.date(days)
    }

    private var hour: Int64 { timeOfDay / 3_600_000_000 }

    mutating func write(_ element: DateFormat.Element) {
        switch element {
        case .year, .signedYear: number(date.year, digits: 4)
        case .shortYear: number(Civil.modulo(date.year, 100), digits: 2)
        case .month: number(date.month, digits: 2)
        case .shortMonthName: letters(CalendarNames.months[Int(date.month) - 1], 3)
        case .monthName: letters(CalendarNames.months[Int(date.month) - 1], 12)
        case .day: number(date.day, digits: 2)
        case .shortDayName: letters(CalendarNames.weekdays[Int(Civil.modulo(days &+ 3, 7))], 3)
        case .hour24: number(hour, digits: 2)
        case .hour12: number((hour &+ 11) % 12 &+ 1, digits: 2)
        case .halfOfDay:
            put(hour < 12 ? 0x41 : 0x50)
            put(0x4D)
        case .minute: number(timeOfDay / 60_000_000 % 60, digits: 2)
        case .second: number(timeOfDay / 1_000_000 % 60, digits: 2)
        case .fraction(let digits): fraction(digits)
        case .zoneHour:
            put(offset < 0 ? 0x2D : 0x2B)
            number(Int64(abs(offset) / 60), digits: 2)
        case .zoneMinute: number(Int64(abs(offset) % 60), digits: 2)
        case .zoneDesignator:
            if offset == 0 { return put(0x5A) }
            write(.zoneHour)
            put(0x3A)
            write(.zoneMinute)
        case .literal(let bytes): letters(bytes, bytes.count)
        }
    }

    private mutating func put(_ byte: UInt8) {
        target[count] = byte
        count += 1
    }

    private mutating func letters(_ bytes: [UInt8], _ most: Int) {
        for byte in bytes.prefix(most) { put(byte) }
    }

    /// A number with zeros before it; at most 11 bytes.
    private mutating func number(_ value: Int64, digits: Int) {
        if value < 0 { put(0x2D) }
        var rest = value.magnitude
        var width = digits
        var power: UInt64 = 1
        for _ in 1..<digits { power *= 10 }
        while rest / power >= 10, width < 10 {
            power *= 10
            width += 1
        }
        for _ in 0..<width {
            put(0x30 + UInt8(truncatingIfNeeded: rest / power % 10))
            rest %= power
            power = max(1, power / 10)
        }
    }

    private mutating func fraction(_ digits: Int) {
        var rest = timeOfDay % 1_000_000
        var power: Int64 = 100_000
        for _ in 0..<digits {
            put(0x30 + UInt8(truncatingIfNeeded: power == 0 ? 0 : rest / power))
            rest = power == 0 ? 0 : rest % power
            power /= 10
        }
    }
}
