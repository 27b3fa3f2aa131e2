import DurableIO

// Arrays, objects over several lines, and objects one behind the other: whatever stands between objects is
// passed over, and damage reaches to where the next object plainly begins.

extension LineReader {
    /// How far is looked for what follows blanks.
    private static let blanksMax = 4096

    private enum Next {
        case byte(UInt8)
        case nothing
        case unknown
    }

    /// Gives the line that was given last again as objects, and what follows it too, up to the next line
    /// break between two objects that are in no array. Only right after `next`.
    public func rereadAsObjects(_ line: Line) {
        position = line.byteOffset - bufferOffset
        lineNumber = line.number - 1
        readsObjects = true
    }

    /// Whether the recording has ended within an array.
    public var endsInArray: Bool { atEnd && openArrays > 0 }

    func nextObject() throws -> Line? {
        guard try skipSeparators() else { return nil }
        if !readsObjects { return try next() }
        guard buffer[position] == UInt8(ascii: "{") else { return try damage(from: position) }
        while true {
            switch JSONExtent.of(UnsafeRawBufferPointer(rebasing: buffer[..<filled]), from: position) {
            case .whole(let end): return piece(to: end, isTerminated: true)
            case .broken(let place): return try damage(from: place)
            case .unfinished:
                if atEnd || filled - position > Self.lineBytesMax { return try damage(from: filled) }
                try refill()
            }
        }
    }

    /// Passes over what may stand between objects; whether anything is left. A line break outside of arrays
    /// ends the reading of objects.
    private func skipSeparators() throws -> Bool {
        while true {
            guard position < filled else {
                if atEnd { return false }
                try refill()
                continue
            }
            switch buffer[position] {
            case 0x0A:
                lineNumber += 1
                if openArrays == 0 {
                    position += 1
                    readsObjects = false
                    return true
                }
            case 0x20, 0x09, 0x0D, UInt8(ascii: ","): break
            case UInt8(ascii: "["):
                guard case .byte(UInt8(ascii: "{")) = try following(position) else { return true }
                openArrays += 1
            case UInt8(ascii: "]") where openArrays > 0: openArrays -= 1
            // The byte order mark of a file that another one was put behind.
            case 0xEF
            where UnsafeRawBufferPointer(rebasing: buffer[position..<filled]).startsWithByteOrderMark:
                position += 2
            default: return true
            }
            position += 1
        }
    }

    /// What follows a place, blanks and line breaks passed over.
    private func following(_ place: Int) throws -> Next {
        let distance = place - position
        while true {
            let found = next(behind: position + distance, commas: false)
            guard case .unknown = found else { return found }
            try refill()
        }
    }

    /// What follows a place in the buffer.
    private func next(behind place: Int, commas: Bool) -> Next {
        var index = place + 1
        while index < filled {
            let byte = buffer[index]
            let isPassed = byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A
            guard isPassed || (commas && byte == UInt8(ascii: ",")) else { return .byte(byte) }
            index += 1
            if index - place > Self.blanksMax { return .nothing }
        }
        return atEnd ? .nothing : .unknown
    }

    /// What cannot be read, up to where the next object begins: behind a line break; or behind a brace, from
    /// `place` on, where it went wrong. Where that is in the first line, the damage ends with it.
    private func damage(from place: Int) throws -> Line {
        let start = bufferOffset + position
        let number = lineNumber + 1
        var scanned = 0
        var place = place - position
        // What began as no object ends with its line, too.
        let isOneLine =
            buffer[position] != UInt8(ascii: "{") || lineFeeds(to: min(filled, position + place)) == 0
        var isKept = false
        while true {
            if let end = damageEnd(&scanned, place, isOneLine) {
                return isKept
                    ? tooLong(from: start, number, to: end) : piece(to: end, isTerminated: end < filled)
            }
            if filled - position > Self.lineBytesMax {
                if !isKept { keepExcerpt() }
                isKept = true
                lineNumber += lineFeeds(to: position + scanned)
                position += scanned
                place -= scanned
                scanned = 0
            }
            try refill()
        }
    }

    /// Where damage ends that begins at `position`; `nil` where there have to be more bytes to tell.
    ///
    /// - Parameters:
    ///   - scanned: how much has been looked at.
    ///   - place: where it went wrong. Both count from `position`.
    ///   - isOneLine: whether it ends with its line.
    private func damageEnd(_ scanned: inout Int, _ place: Int, _ isOneLine: Bool) -> Int? {
        while position + scanned < filled {
            let index = position + scanned
            switch buffer[index] {
            case 0x0A:
                if isOneLine { return index }
                switch next(behind: index, commas: false) {
                case .byte(UInt8(ascii: "{")): return index
                case .unknown: return nil
                case .byte, .nothing: break
                }
            case UInt8(ascii: "}") where scanned >= place:
                switch next(behind: index, commas: true) {
                case .byte(UInt8(ascii: "{")), .byte(UInt8(ascii: "]")): return index + 1
                case .unknown: return nil
                case .byte, .nothing: break
                }
            default: break
            }
            scanned += 1
        }
        guard atEnd else { return nil }
        var end = filled
        while end > position + 1, buffer[end - 1] == 0x0A || buffer[end - 1] == 0x0D { end -= 1 }
        return end
    }

    private func piece(to end: Int, isTerminated: Bool) -> Line {
        defer {
            lineNumber += lineFeeds(to: end)
            position = end
        }
        let kept = end - position > Self.lineBytesMax ? Self.excerptBytes : end - position
        return Line(
            bytes: UnsafeRawBufferPointer(rebasing: buffer[position..<position + kept]),
            number: lineNumber + 1,
            byteOffset: bufferOffset + position, byteCount: end - position, isTerminated: isTerminated,
            isPiece: true)
    }

    private func tooLong(from start: Int, _ number: Int, to end: Int) -> Line {
        lineNumber += lineFeeds(to: end)
        position = end
        return Line(
            bytes: UnsafeRawBufferPointer(excerpt), number: number, byteOffset: start,
            byteCount: bufferOffset + end - start, isTerminated: end < filled, isPiece: true)
    }

    private func keepExcerpt() {
        if excerpt.isEmpty { excerpt = .allocate(byteCount: Self.excerptBytes, alignment: 1) }
        excerpt.copyMemory(
            from: UnsafeRawBufferPointer(rebasing: buffer[position..<position + Self.excerptBytes]))
    }

    private func lineFeeds(to end: Int) -> Int {
        UnsafeRawBufferPointer(rebasing: buffer[position..<end]).lineFeedCount
    }
}

extension Line {
    /// Whether a line that is no quote may be several objects, or a part of one, or of an array.
    public var maybeObjects: Bool {
        guard !isPiece, let first = bytes.firstIndex(where: { $0 != 0x20 && $0 != 0x09 }) else {
            return false
        }
        switch bytes[first] {
        case UInt8(ascii: "["): return true
        case UInt8(ascii: "{"):
            switch JSONExtent.of(bytes, from: first) {
            case .unfinished: return true
            case .broken: return false
            case .whole(let end):
                // The next object; or the comma before it, which stands in the next line.
                let rest = bytes[end...].first { $0 != 0x20 && $0 != 0x09 }
                return rest == UInt8(ascii: "{") || rest == UInt8(ascii: ",")
            }
        case 0xEF: return UnsafeRawBufferPointer(rebasing: bytes[first...]).startsWithByteOrderMark
        default: return false
        }
    }

    /// Whether the recording ends where an object that has begun does not.
    public var isCutShort: Bool {
        guard !isTerminated, let first = bytes.firstIndex(of: UInt8(ascii: "{")) else { return false }
        return JSONExtent.of(bytes, from: first) == .unfinished
    }
}

extension UnsafeRawBufferPointer {
    fileprivate var startsWithByteOrderMark: Bool { starts(with: [0xEF, 0xBB, 0xBF]) }
}
