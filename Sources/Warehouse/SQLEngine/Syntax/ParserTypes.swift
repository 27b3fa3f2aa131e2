import Vectors

extension StatementParser {
    /// A type with its arguments.
    mutating func typeName() throws(SQLError) -> TypeName {
        guard kind == .word else { throw failure("a type") }
        let name = word
        switch name {
        case "NUMBER", "DECIMAL", "NUMERIC", "DEC":
            advance()
            return try decimal()
        case "INT", "INTEGER", "BIGINT", "SMALLINT", "TINYINT", "BYTEINT":
            advance()
            return TypeName(type: .integer)
        case "FLOAT", "FLOAT4", "FLOAT8", "REAL", "DOUBLE":
            advance()
            if name == "DOUBLE" { _ = accept("PRECISION") }
            return TypeName(type: .float)
        case "VARCHAR", "STRING", "TEXT", "NVARCHAR", "NVARCHAR2":
            advance()
            return TypeName(type: .varchar, lengthMax: try length(maximum: Self.charactersMax))
        case "CHAR", "CHARACTER", "NCHAR":
            advance()
            let varies = accept("VARYING")
            // Unlike VARCHAR, CHAR without a length is one character.
            let length = try length(maximum: Self.charactersMax)
            return TypeName(type: .varchar, lengthMax: varies ? length : length ?? 1)
        case "BINARY", "VARBINARY":
            advance()
            return TypeName(type: .binary, lengthMax: try length(maximum: Self.bytesMax))
        case "BOOLEAN", "BOOL":
            advance()
            return TypeName(type: .boolean)
        case "DATE":
            advance()
            return TypeName(type: .date)
        case "VARIANT", "OBJECT", "ARRAY":
            advance()
            if kind == .leftParenthesis { throw unsupported("\(name) with declared types inside is") }
            return TypeName(type: name == "VARIANT" ? .variant : name == "OBJECT" ? .object : .array)
        default: return try timeType(name)
        }
    }

    static var charactersMax: Int { 134_217_728 }
    static var bytesMax: Int { 67_108_864 }

    /// TIME, timestamps, and what is no type or none that is supported.
    private mutating func timeType(_ name: String) throws(SQLError) -> TypeName {
        var type: SQLType
        switch name {
        case "TIME": type = .time
        case "TIMESTAMP", "DATETIME", "TIMESTAMP_NTZ", "TIMESTAMPNTZ": type = .timestampNTZ
        case "TIMESTAMP_LTZ", "TIMESTAMPLTZ": type = .timestampLTZ
        case "TIMESTAMP_TZ", "TIMESTAMPTZ": type = .timestampTZ
        case "GEOGRAPHY", "GEOMETRY", "VECTOR", "MAP", "DECFLOAT", "INTERVAL", "UUID", "FILE":
            throw unsupported("The type \(name) is")
        default:
            throw failure("a type", hint: Self.typeHint(name))
        }
        advance()
        let digits = try length(maximum: 9, minimum: 0)
        if name == "TIMESTAMP" {
            if accept("WITH", "LOCAL", "TIME") {
                try expect("ZONE")
                type = .timestampLTZ
            } else if accept("WITH", "TIME", "ZONE") {
                type = .timestampTZ
            } else {
                _ = accept("WITHOUT", "TIME", "ZONE")
            }
        }
        return TypeName(type: type, lengthMax: digits)
    }

    private static func typeHint(_ name: String) -> String? {
        switch name {
        case "INT8", "INT16", "INT32", "INT64", "INT2", "INT4", "UINT64", "LONG", "SERIAL", "BIGSERIAL",
            "HUGEINT":
            "whole numbers are INTEGER"
        case "JSON", "JSONB", "STRUCT": "JSON is VARIANT"
        case "BYTES", "BLOB", "BYTEA": "bytes are BINARY"
        case "MONEY": "sums of money are NUMBER(38, 2) or similar"
        case "CLOB", "LONGTEXT", "NTEXT": "texts are VARCHAR"
        default: nil
        }
    }

    /// `(precision, scale)` of NUMBER.
    private mutating func decimal() throws(SQLError) -> TypeName {
        guard accept(.leftParenthesis) else { return TypeName(type: .integer) }
        let place = position
        let precision = try count("a precision", maximum: 38)
        guard precision > 0 else { throw wrong("A NUMBER has from 1 to 38 digits", at: place) }
        var scale = 0
        if accept(.comma) {
            let place = position
            scale = try count("a scale", maximum: 37)
            guard scale <= precision else {
                throw wrong(
                    "A NUMBER of \(precision) digits cannot have \(scale) behind the point", at: place)
            }
        }
        try expect(.rightParenthesis, "')'")
        return TypeName(type: .number(precision: precision, scale: scale))
    }

    /// `(n)`, if it is there.
    private mutating func length(maximum: Int, minimum: Int = 1) throws(SQLError) -> Int? {
        guard accept(.leftParenthesis) else { return nil }
        let place = position
        let length = try count("a length", maximum: maximum)
        guard length >= minimum else { throw wrong("The length must be at least \(minimum)", at: place) }
        try expect(.rightParenthesis, "')'")
        return length
    }

    // MARK: Intervals

    /// `INTERVAL '1 day, 2 hours'` and `INTERVAL '1' DAY`; `nil` where INTERVAL is a name.
    mutating func interval() throws(SQLError) -> Expression? {
        let place = position
        switch kind(1) {
        case .number,
            .minus where kind(2) == .number && Self.unit(wordAt(3)) != nil:
            // `interval - 1` is a difference of a column unless a unit follows.
            throw wrong("The number of an INTERVAL stands in quotes: INTERVAL '1 day'", at: place)
        case .string, .rawString: break
        default: return nil
        }
        advance()
        let textPlace = position
        let text = try string("an interval")
        var parts = try Self.intervalParts(text, at: textPlace)
        if parts.count == 1, parts[0].unit.isEmpty, kind == .word, let unit = Self.unit(word) {
            advance()
            parts[0].unit = unit
            if at("TO"), kind(1) == .word { throw unsupported("INTERVAL '…' unit TO unit is") }
        }
        // Without a unit a number counts seconds.
        for index in parts.indices where parts[index].unit.isEmpty { parts[index].unit = "SECOND" }
        return Expression(.interval(parts), at: place)
    }

    private func wordAt(_ offset: Int) -> String {
        kind(offset) == .word ? folded(tokens[index + offset]) : ""
    }

    /// The parts of an interval's text, with units spelt out, or empty where none is written.
    private static func intervalParts(
        _ text: String, at place: Int
    ) throws(SQLError) -> [(count: Int64, unit: String)] {
        func wrong(_ what: String) -> SQLError {
            SQLError(.syntax, "\(what) in the INTERVAL; write for example '1 year, 3 days'", position: place)
        }
        var parts: [(count: Int64, unit: String)] = []
        for part in text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let bytes = Array(part)
            var index = 0
            func skipBlanks() { while index < bytes.count, bytes[index] <= 0x20 { index += 1 } }
            skipBlanks()
            guard index < bytes.count else { throw wrong("A part is empty") }
            while index < bytes.count {
                let start = index
                if bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") { index += 1 }
                while index < bytes.count, bytes[index].isDigit { index += 1 }
                if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
                    throw wrong("Only whole numbers can stand")
                }
                guard let count = Int64(String(decoding: bytes[start..<index], as: UTF8.self)) else {
                    throw wrong("A whole number of 64 bits is missing")
                }
                skipBlanks()
                let unitStart = index
                while index < bytes.count, bytes[index].startsName { index += 1 }
                let name = SQLIdentifier.fold(bytes[unitStart..<index])
                guard let unit = name.isEmpty ? "" : unit(name) else { throw wrong("'\(name)' is no unit") }
                parts.append((count, unit))
                skipBlanks()
            }
        }
        return parts
    }

    /// A unit of time in the singular and spelt out.
    static func unit(_ name: String) -> String? {
        switch name {
        case "YEAR", "YEARS", "Y", "YY", "YYY", "YYYY", "YR", "YRS": "YEAR"
        case "QUARTER", "QUARTERS", "Q", "QTR", "QTRS": "QUARTER"
        case "MONTH", "MONTHS", "MM", "MON", "MONS": "MONTH"
        case "WEEK", "WEEKS", "W", "WK", "WEEKOFYEAR", "WOY", "WY": "WEEK"
        case "DAY", "DAYS", "D", "DD", "DAYOFMONTH": "DAY"
        case "HOUR", "HOURS", "H", "HH", "HR", "HRS": "HOUR"
        case "MINUTE", "MINUTES", "M", "MI", "MIN", "MINS": "MINUTE"
        case "SECOND", "SECONDS", "S", "SEC", "SECS": "SECOND"
        case "MILLISECOND", "MILLISECONDS", "MS", "MSEC": "MILLISECOND"
        case "MICROSECOND", "MICROSECONDS", "US", "USEC": "MICROSECOND"
        case "NANOSECOND", "NANOSECONDS", "NS", "NSEC", "NANOSEC", "NANOSECS", "NSECOND", "NSECONDS":
            "NANOSECOND"
        default: nil
        }
    }
}
