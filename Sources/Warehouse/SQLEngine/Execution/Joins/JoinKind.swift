/// What a join gives of its two sides.
package enum JoinKind: String, Sendable {
    /// Pairs that match.
    case inner = "INNER"
    /// Pairs, and left rows without a match.
    case left = "LEFT"
    /// Pairs, and right rows without a match.
    case right = "RIGHT"
    /// Pairs, and rows of both sides without a match.
    case full = "FULL"
    /// Left rows with a match, once each.
    case semi = "SEMI"
    /// Left rows without a match.
    case anti = "ANTI"
    /// As `left`, but more than one match of a left row is an error: a scalar subquery.
    case leftSingle = "SINGLE"
    /// Every left row, with a BOOLEAN: TRUE where it has a match, otherwise FALSE or NULL as IN says.
    case mark = "MARK"
}

/// A join as its work is done: one side, the build side, is in memory; the rows of the other probe it.
struct JoinShape: Sendable {
    enum Output: Sendable {
        /// Pairs of rows.
        case pairs
        /// Rows of the probe side that have a match, or that have none.
        case probeRows(matched: Bool)
        /// Rows of the build side that have a match, or that have none.
        case buildRows(matched: Bool)
        /// Rows of the probe side with a BOOLEAN.
        case mark
    }

    let output: Output
    /// Whether the left side probes.
    let probesLeft: Bool
    /// Whether probe rows without a match are given, with NULLs.
    let keepsProbe: Bool
    /// The same of build rows.
    let keepsBuild: Bool
    /// Whether a second match of a probe row is an error.
    let isSingle: Bool

    init(_ kind: JoinKind, probesLeft: Bool) {
        self.probesLeft = probesLeft
        keepsProbe = kind == .full || kind == .leftSingle || kind == (probesLeft ? .left : .right)
        keepsBuild = kind == .full || kind == (probesLeft ? .right : .left)
        isSingle = kind == .leftSingle
        switch kind {
        case .semi, .anti:
            output = probesLeft ? .probeRows(matched: kind == .semi) : .buildRows(matched: kind == .semi)
        case .mark: output = .mark
        default: output = .pairs
        }
    }

    /// Whether it must be known at the end which build rows had a match.
    var flagsBuild: Bool { if case .buildRows = output { true } else { keepsBuild } }
}
