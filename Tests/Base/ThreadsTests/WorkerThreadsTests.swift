import DurableIO
import Synchronization
import TestSupport
import Testing

@testable import Threads

@Suite struct WorkerThreadsTests {
    @Test func everythingIsDoneOnce() async throws {
        let threads = WorkerThreads(max: 4)
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<5000 { group.addTask { try await threads.run { index } } }
            return try await group.reduce(0, +)
        }
        #expect(sum == 5000 * 4999 / 2)
    }

    /// As many pieces wait side by side as there are threads: each waits until all have begun.
    @Test func threadsWaitSideBySide() async throws {
        try await onOwnThread {
            let begun = Atomic<Int>(0)
            try WorkerThreads.perform(8) { _ in
                begun.add(1, ordering: .relaxed)
                while begun.load(ordering: .relaxed) < 8 { WallClock.sleep(.milliseconds(1)) }
            }
            #expect(begun.load(ordering: .relaxed) == 8)
        }
    }

    @Test func errorsComeBack() async throws {
        let threads = WorkerThreads(max: 1)
        await #expect(throws: DurableIOError.self) {
            try await threads.run { _ = try FileSystem.local.open("/nonexistent/file", .read) }
        }
        let ended = Atomic<Int>(0)
        #expect(throws: DurableIOError.self) {
            try WorkerThreads.perform(3) { index in
                defer { ended.add(1, ordering: .relaxed) }
                if index == 1 { _ = try FileSystem.local.open("/nonexistent/file", .read) }
            }
        }
        #expect(ended.load(ordering: .relaxed) == 3)
    }

    @Test func aFutureGivesWhatWasMadeOrWhyNot() async throws {
        struct Broken: Error {}
        try await onOwnThread {
            let threads = WorkerThreads(max: 2)
            let squares = (0..<100).map { number in threads.start { number * number } }
            #expect(squares.map { $0.wait() } == (0..<100).map { $0 * $0 })
            let failing: Future<Int, any Error> = threads.start { throw Broken() }
            #expect(throws: Broken.self) { try failing.wait() }
        }
    }
}
