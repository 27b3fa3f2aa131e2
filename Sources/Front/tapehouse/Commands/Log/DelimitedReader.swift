import ArgumentParser
import DurableIO
import MarketData

/// Splits a file or standard input into the values between delimiters, each byte as it is, or takes it as one value.
final class DelimitedReader {
    let name: String
    private let source: (UnsafeMutableRawBufferPointer) throws -> Int
    private let delimiter: [UInt8]?
    /// The longest value that can be a record.
    private let bytesMax: Int
    private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    /// What has been read and not been given.
    private var range = 0..<0
    /// Before it there is no delimiter in what has been read.
    private var searched = 0
    private var atEnd = false
    /// The number of the value that was given last, from 1.
    private(set) var number = 0

    /// - Parameters:
    ///   - path: a file, or `-` for standard input; one whose name ends in `.zst` is decompressed unless it is one
    ///     value.
    ///   - delimiter: what stands between values; `nil` where all is one value.
    init(_ path: String, delimiter: [UInt8]?, bytesMax: Int) throws {
        self.delimiter = delimiter
        self.bytesMax = bytesMax
        if path == "-" {
            let file = try FileSystem.local.standardInput()
            (name, source) = (file.path, file.readNext)
        } else if delimiter != nil, path.hasSuffix(".zst") {
            let bytes = try ByteSource(path: path)
            (name, source) = (bytes.name, bytes.read)
        } else {
            let file = try FileSystem.local.open(path, .read)
            (name, source) = (path, file.readNext)
        }
    }

    deinit {
        buffer.deallocate()
    }

    /// The next value, which is valid until the next call; `nil` at the end. What follows the last delimiter is a value
    /// where there is anything.
    func next() throws -> UnsafeRawBufferPointer? {
        while true {
            if let place = nextDelimiter() {
                defer {
                    range = place.upperBound..<range.upperBound
                    searched = place.upperBound
                }
                return try value(to: place.lowerBound)
            }
            if range.count > bytesMax + (delimiter?.count ?? 0) { throw tooLong() }
            if atEnd {
                // A file without a byte is a value without a byte, where files are values.
                guard !range.isEmpty || (delimiter == nil && number == 0) else { return nil }
                defer { range = range.upperBound..<range.upperBound }
                return try value(to: range.upperBound)
            }
            try readOn()
        }
    }

    /// Whether the next value is in memory already, so that `next` need not wait for it.
    var hasNext: Bool { nextDelimiter() != nil }

    private func value(to end: Int) throws -> UnsafeRawBufferPointer {
        guard end - range.lowerBound <= bytesMax else { throw tooLong() }
        number += 1
        return UnsafeRawBufferPointer(rebasing: buffer[range.lowerBound..<end])
    }

    private func nextDelimiter() -> Range<Int>? {
        guard let delimiter, let first = delimiter.first else { return nil }
        let held = UnsafeRawBufferPointer(rebasing: buffer[..<range.upperBound])
        var position = searched
        while position + delimiter.count <= held.count {
            guard let found = held[position...].firstIndex(of: first), found + delimiter.count <= held.count
            else { break }
            if held[found..<found + delimiter.count].elementsEqual(delimiter) {
                return found..<found + delimiter.count
            }
            position = found + 1
        }
        searched = max(range.lowerBound, held.count - delimiter.count + 1)
        return nil
    }

    private func readOn() throws {
        if range.lowerBound > 0 {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[range]))
            searched -= range.lowerBound
            range = 0..<range.count
        }
        if range.count == buffer.count {
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count * 2, alignment: 64)
            larger.copyMemory(from: UnsafeRawBufferPointer(buffer))
            buffer.deallocate()
            buffer = larger
        }
        let count = try source(UnsafeMutableRawBufferPointer(rebasing: buffer[range.upperBound...]))
        atEnd = count == 0
        range = 0..<range.upperBound + count
    }

    private func tooLong() -> Failure {
        Failure(
            .badData,
            "\(name) record \(number + 1): over \(bytesMax) bytes are more than the topic takes, by its max.message.bytes; the "
                + "records before it are appended")
    }
}

/// Bytes on the command line: text with the escapes \n \r \t \\ \xHH.
struct EscapedBytes: ExpressibleByArgument, Sendable {
    let text: String
    let bytes: [UInt8]

    init?(argument: String) {
        var bytes: [UInt8] = []
        var rest = Substring(argument)
        var isWell = true
        while let character = rest.popFirst() {
            if character == "\\" {
                bytes += Self.takeEscape(&rest) { _ in isWell = false }
            } else {
                bytes += Array(String(character).utf8)
            }
        }
        guard isWell, !bytes.isEmpty else { return nil }
        text = argument
        self.bytes = bytes
    }

    /// The bytes of an escape whose backslash has been read.
    static func takeEscape(_ rest: inout Substring, fault: (String) -> Void) -> [UInt8] {
        let letter = rest.popFirst() ?? "\\"
        switch letter {
        case "n": return [0x0A]
        case "r": return [0x0D]
        case "t": return [0x09]
        case "x":
            let digits = rest.prefix(2)
            guard digits.count == 2, let byte = UInt8(digits, radix: 16) else {
                fault("there is \\x without two hexadecimal digits")
                return []
            }
            rest = rest.dropFirst(2)
            return [byte]
        default: return Array(String(letter).utf8)
        }
    }
}
