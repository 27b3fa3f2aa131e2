import Vectors
/// Patterns of LIKE and ILIKE: `%` stands for any characters or none, `_` for one character.
package enum LikePattern {
    /// Understands a pattern.
    ///
    /// - Parameter escape: the character behind which `%`, `_` and the character itself stand for themselves.
    package static func compile(
        _ pattern: UnsafeBufferPointer<UInt8>, escape: UInt32? = nil, isCaseInsensitive: Bool = false
    ) throws(SQLError) -> LikeMatcher {
        var segments: [LikeMatcher.Segment] = [.init()]
        var place = 0
        while place < pattern.count {
            var (scalar, length) = UTF8Bytes.decode(pattern, place)
            place += length
            if scalar == escape {
                guard place < pattern.count else {
                    let text = String(decoding: pattern, as: UTF8.self)
                    throw SQLError(.data, "the LIKE pattern '\(text)' ends with its escape character")
                }
                (scalar, length) = UTF8Bytes.decode(pattern, place)
                place += length
            } else if scalar == UInt32(UInt8(ascii: "%")) {
                segments.append(.init())
                continue
            } else if scalar == UInt32(UInt8(ascii: "_")) {
                segments[segments.count - 1].appendAny()
                continue
            }
            segments[segments.count - 1].append(isCaseInsensitive ? TextCase.folded(scalar) : scalar)
        }
        return LikeMatcher(segments, isCaseInsensitive: isCaseInsensitive)
    }
}

/// A pattern of LIKE, ready to be matched.
package struct LikeMatcher: Sendable {
    /// What stands between two `%`.
    struct Segment: Sendable {
        /// Bytes of characters, and `any` for each `_`.
        private(set) var tokens: [UInt16] = []
        /// The same bytes where there is no `_`.
        private(set) var bytes: [UInt8] = []
        private(set) var characterCount = 0
        private(set) var hasAny = false
        static let any: UInt16 = 256

        mutating func appendAny() {
            tokens.append(Self.any)
            characterCount += 1
            hasAny = true
        }

        mutating func append(_ scalar: UInt32) {
            let first = bytes.count
            UTF8Bytes.append(scalar, to: &bytes)
            tokens += bytes[first...].map { UInt16($0) }
            characterCount += 1
        }
    }

    private enum Form: Sendable {
        case all
        case equal([UInt8])
        case prefix([UInt8])
        case suffix([UInt8])
        case contains([UInt8])
        /// `first` and `last` are bound to the ends of the text; the others follow each other in between.
        case segments(first: Segment, middle: [Segment], last: Segment)
        /// No `%` at all.
        case exact(Segment)
    }

    private let form: Form
    private let isCaseInsensitive: Bool

    init(_ segments: [Segment], isCaseInsensitive: Bool) {
        self.isCaseInsensitive = isCaseInsensitive
        let first = segments[0]
        let last = segments[segments.count - 1]
        guard segments.count > 1 else {
            form = first.hasAny ? .exact(first) : .equal(first.bytes)
            return
        }
        let middle = segments.dropFirst().dropLast().filter { !$0.tokens.isEmpty }
        let isPlain = !segments.contains { $0.hasAny }
        switch (first.tokens.isEmpty, middle.count, last.tokens.isEmpty) {
        case (true, 0, true): form = .all
        case (false, 0, true) where isPlain: form = .prefix(first.bytes)
        case (true, 0, false) where isPlain: form = .suffix(last.bytes)
        case (true, 1, true) where isPlain: form = .contains(middle[0].bytes)
        default: form = .segments(first: first, middle: middle, last: last)
        }
    }

    /// The bytes with which every text that matches begins; empty where nothing is known. For skipping by
    /// ranges.
    package var prefix: [UInt8] {
        if isCaseInsensitive { return [] }
        switch form {
        case .all, .suffix, .contains: return []
        case .equal(let bytes), .prefix(let bytes): return bytes
        case .exact(let first), .segments(let first, _, _):
            return first.tokens.prefix { $0 != Segment.any }.map { UInt8(truncatingIfNeeded: $0) }
        }
    }

    /// Whether the whole text matches.
    package func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard isCaseInsensitive else { return matchesExactly(text) }
        guard UTF8Bytes.isASCII(text) else {
            var folded: [UInt8] = []
            folded.reserveCapacity(text.count)
            for scalar in UTF8Bytes.scalars(text) { UTF8Bytes.append(TextCase.folded(scalar), to: &folded) }
            return folded.withUnsafeBufferPointer { matchesExactly($0) }
        }
        return withTemporaryMemory(of: UInt8.self, capacity: text.count) { folded in
            for place in 0..<text.count {
                let byte = text[place]
                folded.initializeElement(at: place, to: byte &- 0x41 < 26 ? byte | 0x20 : byte)
            }
            return matchesExactly(UnsafeBufferPointer(folded))
        }
    }

    private func matchesExactly(_ text: UTF8Bytes.Bytes) -> Bool {
        switch form {
        case .all: return true
        case .equal(let bytes): return bytes.withUnsafeBufferPointer { UTF8Bytes.equal(text, $0) }
        case .prefix(let bytes): return bytes.withUnsafeBufferPointer { UTF8Bytes.hasPrefix(text, $0) }
        case .suffix(let bytes): return bytes.withUnsafeBufferPointer { UTF8Bytes.hasSuffix(text, $0) }
        case .contains(let bytes):
            return bytes.withUnsafeBufferPointer { UTF8Bytes.find($0, in: text) != nil }
        case .exact(let segment): return Self.match(segment, text, at: 0) == text.count
        case .segments(let first, let middle, let last): return Self.matches(first, middle, last, text)
        }
    }

    private static func matches(
        _ first: Segment, _ middle: [Segment], _ last: Segment, _ text: UTF8Bytes.Bytes
    ) -> Bool {
        guard var place = match(first, text, at: 0) else { return false }
        let end = UTF8Bytes.offset(text, last: last.characterCount)
        guard end >= place, match(last, text, at: end) == text.count else { return false }
        let inner = UTF8Bytes.slice(text, 0, end)
        // The leftmost place of each segment leaves the most room for the ones behind it.
        for segment in middle {
            guard let next = find(segment, inner, from: place) else { return false }
            place = next
        }
        return true
    }

    /// The place behind the first match of a segment at or after `start`.
    private static func find(_ segment: Segment, _ text: UTF8Bytes.Bytes, from start: Int) -> Int? {
        if !segment.hasAny {
            return segment.bytes.withUnsafeBufferPointer { bytes in
                UTF8Bytes.find(bytes, in: text, from: start).map { $0 + bytes.count }
            }
        }
        var place = start
        while place <= text.count {
            if let end = match(segment, text, at: place) { return end }
            if place == text.count { return nil }
            place = UTF8Bytes.next(text, after: place)
        }
        return nil
    }

    /// The place behind a segment that stands at `start`.
    @inline(__always)
    private static func match(_ segment: Segment, _ text: UTF8Bytes.Bytes, at start: Int) -> Int? {
        segment.tokens.withUnsafeBufferPointer { tokens in
            var place = start
            for token in tokens {
                guard place < text.count else { return nil }
                if token == Segment.any {
                    place = UTF8Bytes.next(text, after: place)
                } else if UInt16(text[place]) == token {
                    place += 1
                } else {
                    return nil
                }
            }
            return place
        }
    }
}
