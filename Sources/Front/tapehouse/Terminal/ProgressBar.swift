import Pipeline

/// A line at the bottom of the terminal that says how far a run has come. Nothing where standard error is no
/// terminal.
final class ProgressBar {
    private let isShown: Bool
    private let started = ContinuousClock.now
    private var drawn = ContinuousClock.now - .seconds(1)
    private var label = ""

    init(isShown: Bool = Terminal.isError) {
        self.isShown = isShown
    }

    func show(_ progress: Progress) {
        show(
            progress.stage.rawValue, completed: progress.completed, total: progress.total,
            note: progress.time.map { "  \($0)" } ?? "")
    }

    /// Shows how far something has come; of what has no total, only how much.
    ///
    /// - Parameter note: what is shown behind it.
    func show(
        _ label: String, completed: Int, total: Int?, unit: (Int) -> String = Format.grouped,
        note: String = ""
    ) {
        guard isShown else { return }
        let now = ContinuousClock.now
        guard label != self.label || now - drawn >= .milliseconds(100) else { return }
        self.label = label
        drawn = now
        let label = label.padding(to: 8)
        let elapsed = Format.duration(now - started)
        guard let total, total > 0 else {
            return StandardError.write("\r\u{1B}[K\(label)\(unit(completed))  \(elapsed)\(note)")
        }
        let share = min(1, Double(completed) / Double(total))
        let width = max(10, min(50, Terminal.width - 30 - note.count))
        let filled = Int(share * Double(width))
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        StandardError.write("\r\u{1B}[K\(label)\(bar) \(Int(share * 100))%  \(elapsed)\(note)")
    }

    func clear() {
        if isShown { StandardError.write("\r\u{1B}[K") }
    }
}
