import SQLEngine

/// How the bytes of a file become rows, and rows bytes.
struct FileFormat: Sendable {
    enum Kind: String { case csv = "CSV", json = "JSON" }
    enum Compression: String { case automatic = "AUTO", none = "NONE", gzip = "GZIP", zstd = "ZSTD" }
    enum Binary: String { case hexadecimal = "HEX", utf8 = "UTF8" }

    var kind = Kind.csv
    /// AUTO: by what the bytes begin with; in unloading, none.
    var compression = Compression.automatic
    var fileExtension: String?
    /// AUTO where they are `nil`.
    var dateFormat: DateFormat?
    var timeFormat: DateFormat?
    var timestampFormat: DateFormat?
    var binary = Binary.hexadecimal
    /// Texts that stand for NULL.
    var nullIf: [[UInt8]] = []
    var trimsSpace = false
    /// Whether bytes that are no UTF-8 become U+FFFD; otherwise they are errors.
    var replacesInvalid = false
    var skipsByteOrderMark = true
    /// Whether a record may have line ends in it.
    var isMultiLine = true

    // MARK: CSV

    var recordDelimiter: [UInt8] = [0x0A]
    var fieldDelimiter: [UInt8] = [0x2C]
    var headerLines = 0
    /// Whether the first line has the names of the columns.
    var parsesHeader = false
    var skipsBlankLines = false
    /// What may stand around a field.
    var enclosure: UInt8?
    /// In enclosed fields, and in others where `unenclosedEscape` is not set.
    var escape: UInt8?
    var unenclosedEscape: UInt8? = 0x5C
    /// Whether nothing between two delimiters is NULL; otherwise it is the empty string.
    var emptyIsNull = true
    var checksColumnCount = true

    // MARK: JSON

    /// Whether a file is an array whose elements are the rows.
    var stripsOuterArray = false
    var stripsNulls = false
    /// Whether the last of two equal keys of an object counts; otherwise they are an error.
    var allowsDuplicates = false

    /// The format of CSV, or JSON, without further options.
    init(_ kind: Kind = .csv) {
        self.kind = kind
        if kind == .csv { nullIf = [Array("\\N".utf8)] }
    }

    /// Whether a text stands for NULL.
    func isNull(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        for word in nullIf where word.count == text.count && word.elementsEqual(text) { return true }
        return false
    }
}

extension FileFormat {
    /// Reads `TYPE = CSV SKIP_HEADER = 1`.
    ///
    /// - Parameter isUnloading: whether files are to be written.
    init(_ options: [String: OptionValue], _ reader: OptionReader, isUnloading: Bool = false) throws(SQLError)
    {
        var type = "CSV"
        if let value = options["TYPE"] { type = try reader.word(value, "TYPE") }
        guard let kind = Kind(rawValue: type) else {
            let known = ["AVRO", "PARQUET", "ORC", "XML"].contains(type)
            throw reader.wrong(
                known ? type : "TYPE",
                known
                    ? "files of type \(type) are not supported; CSV and JSON are"
                    : "there is no file type \(type)",
                known ? .unsupported : .invalid)
        }
        self.init(kind)
        for (name, value) in options.sorted(by: { $0.key < $1.key }) where name != "TYPE" {
            var isKnown = try setCommon(name, value, reader)
            if !isKnown {
                isKnown = try kind == .csv ? setCSV(name, value, reader) : setJSON(name, value, reader)
            }
            guard isKnown else {
                throw reader.unknown(
                    name, "a file format of type \(kind.rawValue)",
                    among: Self.common + (kind == .csv ? Self.csv : Self.json))
            }
        }
        if options["EMPTY_FIELD_AS_NULL"] == nil, isUnloading { emptyIsNull = false }
        try check(reader)
    }

    private func check(_ reader: OptionReader) throws(SQLError) {
        guard kind == .csv else { return }
        guard !fieldDelimiter.starts(with: recordDelimiter),
            !recordDelimiter.starts(with: fieldDelimiter) || fieldDelimiter.isEmpty
        else {
            throw reader.wrong(
                "FIELD_DELIMITER", "FIELD_DELIMITER and RECORD_DELIMITER begin with each other")
        }
        if let enclosure, fieldDelimiter.contains(enclosure) || recordDelimiter.contains(enclosure) {
            throw reader.wrong(
                "FIELD_OPTIONALLY_ENCLOSED_BY", "FIELD_OPTIONALLY_ENCLOSED_BY is part of a delimiter")
        }
        if parsesHeader, headerLines > 0 {
            throw reader.wrong("SKIP_HEADER", "SKIP_HEADER and PARSE_HEADER exclude each other")
        }
    }

    private static let common = [
        "TYPE", "COMPRESSION", "FILE_EXTENSION", "DATE_FORMAT", "TIME_FORMAT", "TIMESTAMP_FORMAT",
        "BINARY_FORMAT", "NULL_IF", "TRIM_SPACE",
        "REPLACE_INVALID_CHARACTERS", "SKIP_BYTE_ORDER_MARK", "MULTI_LINE",
    ]
    private static let csv = [
        "RECORD_DELIMITER", "FIELD_DELIMITER", "SKIP_HEADER", "PARSE_HEADER", "SKIP_BLANK_LINES",
        "FIELD_OPTIONALLY_ENCLOSED_BY", "ESCAPE",
        "ESCAPE_UNENCLOSED_FIELD", "EMPTY_FIELD_AS_NULL", "ERROR_ON_COLUMN_COUNT_MISMATCH", "ENCODING",
        "VALIDATE_UTF8",
    ]
    private static let json = [
        "STRIP_OUTER_ARRAY", "STRIP_NULL_VALUES", "ALLOW_DUPLICATE", "IGNORE_UTF8_ERRORS", "ENABLE_OCTAL",
    ]

    private mutating func setCommon(_ name: String, _ value: OptionValue, _ reader: OptionReader)
        throws(SQLError) -> Bool
    {
        switch name {
        case "COMPRESSION":
            let word = try reader.word(value, name)
            guard let found = Compression(rawValue: word) else {
                let known = ["BZ2", "BROTLI", "DEFLATE", "RAW_DEFLATE", "SNAPPY", "LZO"].contains(word)
                throw reader.wrong(
                    name, "COMPRESSION = \(word) is not supported; AUTO, NONE, GZIP and ZSTD are",
                    known ? .unsupported : .invalid)
            }
            compression = found
        case "FILE_EXTENSION":
            let text = try reader.string(value, name)
            fileExtension = text.uppercased() == "NONE" ? nil : text
        case "DATE_FORMAT": dateFormat = try format(value, name, reader)
        case "TIME_FORMAT": timeFormat = try format(value, name, reader)
        case "TIMESTAMP_FORMAT": timestampFormat = try format(value, name, reader)
        case "BINARY_FORMAT":
            let word = try reader.word(value, name)
            guard let found = Binary(rawValue: word == "UTF-8" ? "UTF8" : word) else {
                throw reader.wrong(
                    name, "BINARY_FORMAT = \(word) is not supported; HEX and UTF8 are", .unsupported)
            }
            binary = found
        case "NULL_IF": nullIf = try reader.strings(value, name).map { Array($0.utf8) }
        case "TRIM_SPACE": trimsSpace = try reader.boolean(value, name)
        case "REPLACE_INVALID_CHARACTERS": replacesInvalid = try reader.boolean(value, name)
        case "SKIP_BYTE_ORDER_MARK": skipsByteOrderMark = try reader.boolean(value, name)
        case "MULTI_LINE": isMultiLine = try reader.boolean(value, name)
        default: return false
        }
        return true
    }

    private func format(_ value: OptionValue, _ name: String, _ reader: OptionReader) throws(SQLError)
        -> DateFormat?
    {
        let text = try reader.string(value, name)
        if text.uppercased() == "AUTO" { return nil }
        do throws(SQLError) {
            return try DateFormat.compile(text)
        } catch {
            throw reader.wrong(name, error.message)
        }
    }

    private mutating func setCSV(_ name: String, _ value: OptionValue, _ reader: OptionReader)
        throws(SQLError) -> Bool
    {
        switch name {
        case "RECORD_DELIMITER":
            // NONE: the whole file is one record, as no byte 0xFF is in UTF-8 text.
            recordDelimiter = try reader.bytes(value, name) ?? [0xFF]
            guard !recordDelimiter.isEmpty else {
                throw reader.wrong(name, "RECORD_DELIMITER is empty; NONE says that there is none")
            }
            // Line ends are one thing, however they are written.
            if recordDelimiter == [0x0D, 0x0A] { recordDelimiter = [0x0A] }
        case "FIELD_DELIMITER":
            fieldDelimiter = try reader.bytes(value, name) ?? [0xFF]
            guard !fieldDelimiter.isEmpty else {
                throw reader.wrong(name, "FIELD_DELIMITER is empty; NONE says that there is none")
            }
        case "SKIP_HEADER": headerLines = try reader.count(value, name)
        case "PARSE_HEADER": parsesHeader = try reader.boolean(value, name)
        case "SKIP_BLANK_LINES": skipsBlankLines = try reader.boolean(value, name)
        case "FIELD_OPTIONALLY_ENCLOSED_BY":
            enclosure = try reader.byte(value, name)
            guard enclosure == nil || enclosure == 0x22 || enclosure == 0x27 else {
                throw reader.wrong(name, "FIELD_OPTIONALLY_ENCLOSED_BY is '\"', '\\'' or NONE")
            }
        case "ESCAPE":
            escape = try reader.byte(value, name)
            if escape != nil { unenclosedEscape = escape }
        case "ESCAPE_UNENCLOSED_FIELD":
            let byte = try reader.byte(value, name)
            // ESCAPE, which comes first, goes before it.
            if escape == nil { unenclosedEscape = byte }
        case "EMPTY_FIELD_AS_NULL": emptyIsNull = try reader.boolean(value, name)
        case "ERROR_ON_COLUMN_COUNT_MISMATCH": checksColumnCount = try reader.boolean(value, name)
        case "ENCODING":
            let word = try reader.word(value, name)
            guard word == "UTF8" || word == "UTF-8" else {
                throw reader.wrong(name, "ENCODING = \(word) is not supported; UTF8 is", .unsupported)
            }
        case "VALIDATE_UTF8":
            guard try reader.boolean(value, name) else {
                throw reader.wrong(
                    name, "VALIDATE_UTF8 = FALSE is not supported; REPLACE_INVALID_CHARACTERS = TRUE is",
                    .unsupported)
            }
        default: return false
        }
        return true
    }

    private mutating func setJSON(_ name: String, _ value: OptionValue, _ reader: OptionReader)
        throws(SQLError) -> Bool
    {
        switch name {
        case "STRIP_OUTER_ARRAY": stripsOuterArray = try reader.boolean(value, name)
        case "STRIP_NULL_VALUES": stripsNulls = try reader.boolean(value, name)
        case "ALLOW_DUPLICATE": allowsDuplicates = try reader.boolean(value, name)
        case "IGNORE_UTF8_ERRORS": replacesInvalid = try reader.boolean(value, name) || replacesInvalid
        case "ENABLE_OCTAL":
            guard try !reader.boolean(value, name) else {
                throw reader.wrong(name, "ENABLE_OCTAL is not supported", .unsupported)
            }
        default: return false
        }
        return true
    }
}
