import ColumnStore
import TestSupport
import JSON
import Vectors

/// Lines in, and what the complete parser says of each: the standard for the shredders.
struct ReferenceLines {
    var texts: [String] = []
    var lines: [Int] = []
    var rejected: [RejectedLine] = []
    var blankCount = 0

    init(_ bytes: [UInt8]) {
        var start = 0
        var line = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            let content = Array(bytes[start..<end])
            if content.allSatisfy({ [0x20, 0x09, 0x0D].contains($0) }) {
                blankCount += 1
            } else {
                do throws(JSONError) {
                    texts.append(try JSONValue(parsing: content).text)
                    lines.append(line)
                } catch {
                    rejected.append(
                        RejectedLine(line: line, byteOffset: start, byteCount: end - start, error: error))
                }
            }
            start = end + 1
            line += 1
        }
    }
}

/// What a shredder made of the same bytes.
struct ShreddedText {
    var texts: [String?] = []
    var lines: [Int] = []
    var rejected: [RejectedLine] = []
    var blankCount = 0
    var groups: [ShreddedLines] = []

    init(_ shredder: NDJSONShredder, _ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { bytes in
            var position = 0
            repeat {
                position += shredder.append(UnsafeRawBufferPointer(rebasing: bytes[position...]))
                try add(shredder.finish())
            } while position < bytes.count
        }
    }

    private mutating func add(_ group: ShreddedLines) throws {
        groups.append(group)
        texts += try VariantTexts.assembled(group.variant)
        for row in 0..<group.variant.count {
            lines.append(group.lineIndexes.map { Int($0.int64s[row]) } ?? group.firstLine + row)
        }
        rejected += group.rejections
        blankCount += group.blankCount
    }
}

enum VariantTexts {
    /// The rows of a shredded VARIANT as JSON text.
    static func assembled(_ variant: ShreddedVariant) throws -> [String?] {
        texts(try VariantAssembler(variant).assemble())
    }

    /// The rows of a VARIANT of JSON text.
    static func texts(_ vector: Vector) -> [String?] {
        (0..<vector.count).map { vector.isValid($0) ? vector.variantText(at: $0) : nil }
    }

    /// A VARIANT of these JSON texts.
    static func vector(_ texts: [String?]) -> Vector {
        let vector = Vector.allocate(
            .variant, layout: .string, count: texts.count, hasValidity: true,
            dictionary: StringDictionary(texts.map { $0 ?? "" }), isJSON: true)
        for (row, text) in texts.enumerated() {
            vector.codes[row] = UInt32(row)
            vector.validity?[row] = text == nil ? 0 : 1
        }
        return vector
    }
}

extension ShreddedVariant {
    /// What breaks the rules that its comment states.
    var brokenRules: [String] {
        var broken: [String] = []
        for (index, column) in columns.enumerated() {
            if column.path.isEmpty || column.path.count > Self.depthMax {
                broken.append("\(column.path) has a wrong length")
            }
            if column.vector.count != count {
                broken.append("\(column.path) has \(column.vector.count) rows")
            }
            for other in columns[(index + 1)...] where other.path.starts(with: column.path) {
                broken.append("\(column.path) is the beginning of \(other.path)")
            }
            for row in 0..<count where column.vector.isValid(row) {
                guard let residue, residue.isValid(row) else { continue }
                let steps = column.path.map { PathStep.key($0) }
                if JSONPath.find(steps, in: residue.bytes(row)) != nil {
                    broken.append("\(column.path) of row \(row) is in the residue too")
                }
            }
        }
        if columns.count > Self.columnsMax { broken.append("\(columns.count) columns") }
        return broken
    }
}
