/// Guesses what a text without quotes is, for those who have taken another file than they meant.
public enum RecordingGuess {
    private static let wordsMax = 120

    /// What a recording looks like.
    ///
    /// - Parameter sample: its first line that is no quote, or the beginning of that.
    /// - Returns: half a sentence that says what it is and what to do; `nil` where it looks like nothing
    ///   known.
    public static func hint(_ sample: some Sequence<UInt8>) -> String? {
        let bytes = Array(sample.prefix { $0 != 0x0A })
        if let first = bytes.first, first == 0, bytes.allSatisfy({ $0 == 0 }) {
            return "it is made of zero bytes, as a power cut leaves behind"
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let dense = String(text.lowercased().filter { !$0.isWhitespace })
        switch dense.first {
        case "<": return "it looks like a page of HTML or XML, as a server answers where a request fails"
        case "{", "[": return json(dense, text)
        default: return separated(bytes)
        }
    }

    private static func json(_ dense: String, _ text: String) -> String? {
        if dense.contains(#""type":"trade""#) || dense.contains(#""type":"ping""#) {
            return
                "it looks like trade frames of Finnhub's WebSocket; quotes are what /quote answers, with symbol "
                + "and fetched_at added"
        }
        if dense.contains(#""c":["#) {
            return
                "it looks like candles, many prices in one object; quotes are what /quote answers, with symbol "
                + "and fetched_at added"
        }
        let isError = [#"{"error"#, #"{"message""#, #"{"code""#, #"{"status""#].contains {
            dense.hasPrefix($0)
        }
        if isError || dense.contains(#""error":"#) {
            return "it looks like an API's answer to a request that failed: \(text.prefix(wordsMax))"
        }
        if dense.contains(#""c":"#), !dense.contains(#""symbol":"#) {
            return
                "it looks like answers of Finnhub's /quote as they come; each needs symbol and fetched_at added"
        }
        return nil
    }

    private static func separated(_ bytes: [UInt8]) -> String? {
        for (separator, name) in [(",", "commas"), (";", "semicolons"), ("\t", "tabs"), ("|", "bars")] {
            let count = bytes.count { $0 == separator.utf8.first }
            if count >= 2 {
                return "it looks like CSV with \(name); COPY INTO of `tapehouse sql --write` loads that"
            }
        }
        return nil
    }
}
