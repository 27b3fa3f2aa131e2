/// Why a text is not JSON, and where.
package struct JSONError: Error, Hashable, Sendable {
    /// What is wrong.
    package let reason: Reason
    /// The byte it was noticed at, counted from 1; one past the last byte where the text ends too early.
    package let column: Int

    package init(_ reason: Reason, column: Int) {
        self.reason = reason
        self.column = column
    }

    /// What can be wrong with a text.
    package enum Reason: UInt8, Hashable, Sendable, CaseIterable {
        case empty, endsTooEarly, valueExpected, keyExpected, colonExpected, commaOrBraceExpected
        case commaOrBracketExpected, somethingFollows, controlCharacter, unknownEscape, hexadecimalExpected
        case halfSurrogatePair, notUTF8, digitExpected, leadingZero, tooDeep, tooLong, duplicateKey
    }
}

extension JSONError.Reason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .empty: "there is no value"
        case .endsTooEarly: "the text ends too early"
        case .valueExpected: "a value is expected"
        case .keyExpected: "a key in quotes is expected"
        case .colonExpected: "':' is expected after a key"
        case .commaOrBraceExpected: "',' or '}' is expected"
        case .commaOrBracketExpected: "',' or ']' is expected"
        case .somethingFollows: "something follows the value"
        case .controlCharacter: "a control character stands in a string"
        case .unknownEscape: "an unknown escape"
        case .hexadecimalExpected: "four hexadecimal digits are expected"
        case .halfSurrogatePair: "half a surrogate pair"
        case .notUTF8: "not UTF-8 text"
        case .digitExpected: "a digit is expected"
        case .leadingZero: "a number begins with 0"
        case .tooDeep: "more than \(JSONTape.depthMax) levels of nesting"
        case .tooLong: "the text is longer than 2 GiB"
        case .duplicateKey: "a key comes twice in an object"
        }
    }
}

extension JSONError: CustomStringConvertible {
    package var description: String { "malformed JSON at byte \(column): \(reason)" }
}
