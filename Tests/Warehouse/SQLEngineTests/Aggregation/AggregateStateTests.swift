import Testing
import Vectors

@testable import SQLEngine

/// What the states of aggregate functions hold to.
@Suite struct AggregateStateTests {
    @Test("Merging a state of another kind ends the process instead of losing rows")
    func unlikeStates() async {
        await #expect(processExitsWith: .failure) {
            try (CountState(countsTrue: false) as any AggregateState).merge(
                HashState(), groups: [0])
        }
        await #expect(processExitsWith: .failure) {
            try (HashState() as any AggregateState).merge(CountState(countsTrue: true), groups: [])
        }
    }
}
