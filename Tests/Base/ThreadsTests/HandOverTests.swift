import DurableIO
import TestSupport
import Testing
import Threads

@Suite struct HandOverTests {
    private struct Broken: Error {}

    private final class Seen: @unchecked Sendable {
        // Touched by the one thread of the hand-over, and read when that has nothing to do.
        var items: [Int] = []
    }

    @Test func itemsAreTakenInOrder() throws {
        let seen = Seen()
        let line = HandOver<Int>(waitingMax: 3) { seen.items.append($0) }
        for item in 0..<1000 { try line.hand(item) }
        try line.drain()
        #expect(seen.items == Array(0..<1000))
    }

    @Test func anErrorComesOutAndNothingIsDoneAfterIt() throws {
        let seen = Seen()
        let line = HandOver<Int>(waitingMax: .max) { item in
            if item == 5 { throw Broken() }
            seen.items.append(item)
        }
        for item in 0..<10 { try? line.hand(item) }
        #expect(throws: Broken.self) { try line.drain() }
        #expect(throws: Broken.self) { try line.hand(11) }
        #expect(seen.items == Array(0..<5))
    }

    @Test func cancellingWaitsForWhatIsBeingDone() async throws {
        try await onOwnThread {
            let seen = Seen()
            let isBegun = Future<Void, Never>()
            let line = HandOver<Int>(waitingMax: .max) { item in
                if item == 0 { isBegun.fulfil(.success(())) }
                WallClock.sleep(.milliseconds(50))
                seen.items.append(item)
            }
            for item in 0..<20 { try line.hand(item) }
            // The first item is being worked on, and the others wait.
            isBegun.wait()
            line.cancel(throwing: CancellationError())
            let count = seen.items.count
            #expect((1..<20).contains(count))
            WallClock.sleep(.milliseconds(150))
            #expect(seen.items.count == count)
            #expect(throws: CancellationError.self) { try line.hand(0) }
        }
    }

    @Test func itCanBeWaitedUntilFewAreLeft() async throws {
        try await onOwnThread {
            let seen = Seen()
            let isFirstDone = Future<Void, Never>()
            let mayEnd = Future<Void, Never>()
            let line = HandOver<Int>(waitingMax: 2) { item in
                if item == 1 { mayEnd.wait() }
                seen.items.append(item)
                if item == 0 { isFirstDone.fulfil(.success(())) }
            }
            try line.hand(0)
            try line.hand(1)
            try line.drain(to: 1)
            isFirstDone.wait()
            mayEnd.fulfil(.success(()))
            try line.drain()
            #expect(seen.items == [0, 1])
        }
    }
}
