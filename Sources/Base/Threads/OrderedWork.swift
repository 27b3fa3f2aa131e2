/// Works on pieces side by side and brings the results to one thread in the order of the pieces.
package enum OrderedWork {
    /// - Parameters:
    ///   - threads: how many threads work.
    ///   - next: gives the next piece; one thread at a time.
    ///   - makeWorker: what a thread does with its pieces; called once for each thread.
    ///   - take: takes the results, on the calling thread; an error ends everything.
    package static func run<Piece: Sendable, Result: Sendable>(
        threads: Int, next: @escaping @Sendable () throws -> Piece?,
        makeWorker: @escaping @Sendable () throws -> (Piece) throws -> Result, take: (Result) throws -> Void
    ) throws {
        if threads <= 1 {
            let work = try makeWorker()
            while let piece = try next() { try take(try work(piece)) }
            return
        }
        let lane = Lane<Result>(threads: threads)
        let workers = WorkerThreads(max: threads)
        for _ in 0..<threads {
            workers.async { lane.work(next, makeWorker) }
        }
        defer { lane.stop() }
        while let result = try lane.next() { try take(result) }
    }

    private final class Lane<Result: Sendable>: @unchecked Sendable {
        // All that changes is touched under the monitors alone.
        private let monitor = Monitor()
        private let source = Monitor()
        private var results: [Int: Result] = [:]
        private var given = 0
        private var taken = 0
        private var running: Int
        private var failure: (index: Int, error: any Error)?
        private var isStopped = false
        private let aheadMax: Int

        init(threads: Int) {
            running = threads
            aheadMax = threads * 2
        }

        func work<Piece>(
            _ next: @Sendable () throws -> Piece?,
            _ makeWorker: @Sendable () throws -> (Piece) throws -> Result
        ) {
            var index = Int.max
            do {
                let work = try makeWorker()
                while waitForRoom() {
                    let piece = try source.locked { () -> Piece? in
                        let piece = try next()
                        if piece != nil { index = monitor.locked { number() } }
                        return piece
                    }
                    guard let piece else { break }
                    let result = try work(piece)
                    monitor.locked {
                        results[index] = result
                        monitor.broadcast()
                    }
                    index = Int.max
                }
            } catch {
                monitor.locked {
                    // Of several failures the one that comes first in the order counts, whichever thread
                    // is faster.
                    if failure.map({ $0.index > index }) ?? true { failure = (index, error) }
                }
            }
            monitor.locked {
                running -= 1
                monitor.broadcast()
            }
        }

        private func number() -> Int {
            given += 1
            return given - 1
        }

        private func waitForRoom() -> Bool {
            monitor.locked {
                while given - taken >= aheadMax, !isStopped, failure == nil { monitor.wait() }
                return !isStopped && failure == nil
            }
        }

        func next() throws -> Result? {
            try monitor.locked {
                while true {
                    if let result = results.removeValue(forKey: taken) {
                        taken += 1
                        monitor.broadcast()
                        return result
                    }
                    if running == 0 {
                        if let failure { throw failure.error }
                        return nil
                    }
                    monitor.wait()
                }
            }
        }

        /// Waits until no thread works any more.
        func stop() {
            monitor.locked {
                isStopped = true
                monitor.broadcast()
                while running > 0 { monitor.wait() }
            }
        }
    }
}
