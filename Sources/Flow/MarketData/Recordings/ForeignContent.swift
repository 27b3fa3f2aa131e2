import DurableIO

/// Knows by its first bytes what is no text of JSON, and what to do with it.
enum ForeignContent {
    /// How many bytes are looked at to tell one format from another, where there are so many.
    static let byteCountMin = 6

    private static let textBytes = 1024

    private static let formats: [(magic: [UInt8], name: String, tool: String?)] = [
        (Array("BZh".utf8), "bzip2-compressed", "bzip2 -dc"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "xz-compressed", "xz -dc"),
        ([0x50, 0x4B, 0x03, 0x04], "a zip archive", "unzip -p"),
        ([0x04, 0x22, 0x4D, 0x18], "lz4-compressed", "lz4 -dc"),
        ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "a 7-Zip archive", "7z x -so"),
        ([0xFF, 0xFE], "UTF-16 text", "iconv -f UTF-16 -t UTF-8"),
        ([0xFE, 0xFF], "UTF-16 text", "iconv -f UTF-16 -t UTF-8"),
        (Array("PAR1".utf8), "a Parquet file", nil),
        (Array("Obj\u{1}".utf8), "an Avro file", nil),
        (Array("SQLite format 3".utf8), "an SQLite database", nil),
        (Array("%PDF".utf8), "a PDF file", nil),
    ]

    /// Refuses what is no text.
    ///
    /// - Throws: `DurableIOError` with code `corrupt`, which says what it is and how it can be read.
    static func require(_ start: UnsafeRawBufferPointer, in name: String) throws {
        guard let problem = problem(start, name) else { return }
        throw DurableIOError(code: .corrupt, message: "\(name) is \(problem)", path: name)
    }

    private static func problem(_ start: UnsafeRawBufferPointer, _ name: String) -> String? {
        for format in formats where start.starts(with: format.magic) {
            guard let tool = format.tool else {
                return "\(format.name); a recording has one JSON object a line, plain, .gz or .zst"
            }
            let file = name == "standard input" ? "FILE" : name
            return "\(format.name); give it as `\(tool) \(file) | tapehouse replay -`"
        }
        let text = start.prefix(textBytes)
        guard let zero = text.firstIndex(of: 0) else { return nil }
        // As a power cut leaves them behind where a file has grown: the lines that they belong to are
        // rejected.
        if text.allSatisfy({ $0 == 0 }) { return nil }
        // Every second byte of ASCII is zero in UTF-16.
        let halves = stride(from: zero, to: text.count, by: 2)
        if zero < 2, text.count >= 4, halves.allSatisfy({ text[$0] == 0 }) {
            let form = zero == 0 ? "UTF-16BE" : "UTF-16LE"
            return
                "UTF-16 text; give it as `iconv -f \(form) -t UTF-8 \(name == "standard input" ? "FILE" : name) "
                + "| tapehouse replay -`"
        }
        // Further in, zeros are damage to single lines.
        return "no text: byte \(zero) is zero; a recording has one JSON object a line, plain, .gz or .zst"
    }
}
