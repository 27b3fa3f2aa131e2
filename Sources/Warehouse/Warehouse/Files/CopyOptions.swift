import SQLEngine

/// What COPY INTO a table is told beside files and their format.
struct CopyOptions {
    /// What is done about records that cannot be loaded.
    enum OnError: Equatable {
        case abort
        case keepOthers
        /// The file is left out from so many errors on.
        case skipFile(errors: Int)
        /// The file is left out where more than so many percent of its records are wrong.
        case skipFileBeyond(percent: Double)
    }

    enum Validation { case errors, allErrors, rows(Int) }

    var onError = OnError.abort
    var isForced = false
    var purges = false
    /// No more files are begun once so many bytes have been loaded.
    var sizeLimit: Int?
    var matching: CopyTarget.Matching?
    var truncates = false
    var returnsFailedOnly = false
    var validation: Validation?

    init(_ options: [String: OptionValue], _ reader: OptionReader) throws(SQLError) {
        for (name, value) in options.sorted(by: { $0.key < $1.key }) {
            switch name {
            case "ON_ERROR": onError = try Self.onError(try reader.word(value, name), reader)
            case "FORCE": isForced = try reader.boolean(value, name)
            case "PURGE": purges = try reader.boolean(value, name)
            case "SIZE_LIMIT": sizeLimit = try reader.count(value, name)
            case "RETURN_FAILED_ONLY": returnsFailedOnly = try reader.boolean(value, name)
            case "TRUNCATECOLUMNS": truncates = try reader.boolean(value, name)
            case "ENFORCE_LENGTH": truncates = try !reader.boolean(value, name)
            // Files whose loading cannot be told any more do not exist here: the history is kept for good.
            case "LOAD_UNCERTAIN_FILES": _ = try reader.boolean(value, name)
            case "MATCH_BY_COLUMN_NAME":
                switch try reader.word(value, name) {
                case "NONE": matching = nil
                case "CASE_SENSITIVE": matching = .exact
                case "CASE_INSENSITIVE": matching = .ignoringCase
                default: throw reader.wrong(name, "\(name) is CASE_SENSITIVE, CASE_INSENSITIVE or NONE")
                }
            case "VALIDATION_MODE": validation = try Self.validation(try reader.word(value, name), reader)
            default:
                throw reader.wrong(name, "the option \(name) of COPY INTO is not supported", .unsupported)
            }
        }
    }

    private static func onError(_ word: String, _ reader: OptionReader) throws(SQLError) -> OnError {
        switch word {
        case "ABORT_STATEMENT": return .abort
        case "CONTINUE": return .keepOthers
        case "SKIP_FILE": return .skipFile(errors: 1)
        default: break
        }
        if word.hasPrefix("SKIP_FILE_") {
            let number = word.dropFirst("SKIP_FILE_".count)
            if number.hasSuffix("%"), let percent = Double(number.dropLast()), percent >= 0 {
                return .skipFileBeyond(percent: percent)
            }
            if let errors = Int(number), errors > 0 { return .skipFile(errors: errors) }
        }
        throw reader.wrong(
            "ON_ERROR",
            "ON_ERROR is CONTINUE, SKIP_FILE, SKIP_FILE_n, 'SKIP_FILE_n%' or ABORT_STATEMENT, not \(word)")
    }

    private static func validation(_ word: String, _ reader: OptionReader) throws(SQLError) -> Validation {
        switch word {
        case "RETURN_ERRORS": return .errors
        case "RETURN_ALL_ERRORS": return .allErrors
        default:
            let number =
                word.hasPrefix("RETURN_") && word.hasSuffix("_ROWS")
                ? Int(word.dropFirst(7).dropLast(5)) : nil
            guard let number, number > 0 else {
                throw reader.wrong(
                    "VALIDATION_MODE",
                    "VALIDATION_MODE is RETURN_ERRORS, RETURN_ALL_ERRORS or RETURN_n_ROWS, not \(word)")
            }
            return .rows(number)
        }
    }

    /// Whether a file is to be left out.
    func isSkipped(_ tally: FileTally) -> Bool {
        switch onError {
        case .abort, .keepOthers: false
        case .skipFile(let errors): tally.errorCount >= errors
        case .skipFileBeyond(let percent):
            tally.errorCount > 0 && Double(tally.errorCount) * 100 > percent * Double(tally.parsed)
        }
    }

    /// How many errors a file may have, as results show it.
    func errorLimit(_ tally: FileTally) -> Int {
        switch onError {
        case .abort: 1
        case .keepOthers: tally.parsed
        case .skipFile(let errors): errors
        case .skipFileBeyond(let percent): Int((percent * Double(tally.parsed) / 100).rounded(.down))
        }
    }
}
