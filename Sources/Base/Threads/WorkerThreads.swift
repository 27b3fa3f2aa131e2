#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Threads for work that waits for the disk, started as they are needed, up to a number. (Dispatch counts on work that
/// computes: it runs as many pieces side by side as there are processors, and adds threads slowly where they wait.)
///
/// Threads that have had nothing to do stay until the object goes.
package final class WorkerThreads: Sendable {
    private let shared: Shared

    /// How many processors there are to work on.
    package static let processors = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))

    /// Up to `max` threads.
    package init(max: Int) {
        shared = Shared(max: max)
    }

    deinit { shared.stop() }

    /// Does `work` on one of the threads, as soon as one is free.
    package func async(_ work: @escaping @Sendable () -> Void) { shared.enqueue(work) }

    /// Does `work` on one of the threads; what it gives can be waited for.
    package func start<Value: Sendable, Failure: Error>(
        _ work: @escaping @Sendable () throws(Failure) -> Value
    ) -> Future<Value, Failure> {
        let future = Future<Value, Failure>()
        async { future.fulfil(Result(catching: work)) }
        return future
    }

    /// Does `work` on one of the threads, and waits for it without blocking the thread of the task.
    package func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result
    {
        try await withCheckedThrowingContinuation { continuation in
            async { continuation.resume(with: Swift.Result { try work() }) }
        }
    }

    /// Does `body` once on each of `count` threads of their own, side by side, and waits for all.
    ///
    /// - Throws: the error of the lowest number, after all have ended.
    package static func perform(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
        let threads = WorkerThreads(max: count)
        let futures = (0..<count).map { index in threads.start { try body(index) } }
        let results = futures.map { future in Result { try future.wait() } }
        for result in results { try result.get() }
    }
}

/// What the threads share; it outlives the object that gives them work until the last of them has ended.
private final class Shared: @unchecked Sendable {
    // All that changes is touched under the monitor alone.
    private let monitor = Monitor()
    private let max: Int
    private var queue: [@Sendable () -> Void] = []
    private var head = 0
    private var threads = 0
    private var idle = 0
    private var isStopped = false

    init(max: Int) {
        precondition(max > 0, "work needs a thread")
        self.max = max
    }

    func enqueue(_ work: @escaping @Sendable () -> Void) {
        monitor.locked {
            queue.append(work)
            if idle >= queue.count - head || threads == max {
                monitor.signal()
            } else {
                threads += 1
                start()
            }
        }
    }

    func stop() {
        monitor.locked {
            isStopped = true
            monitor.broadcast()
        }
    }

    private func start() {
        let context = Unmanaged.passRetained(self).toOpaque()
        // The platforms' own choices go from 128 KiB to 8 MiB; walking a tree goes as deep as a key has slashes.
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, 2 << 20)
        defer { pthread_attr_destroy(&attributes) }
        #if canImport(Darwin)
            var thread: pthread_t?
            let status = pthread_create(&thread, &attributes, Self.run, context)
        #else
            var thread = pthread_t()
            let status = pthread_create(&thread, &attributes, Self.run, context)
        #endif
        if status == 0 {
            #if canImport(Darwin)
                if let thread { pthread_detach(thread) }
            #else
                pthread_detach(thread)
            #endif
        } else {
            Unmanaged<Shared>.fromOpaque(context).release()
            threads -= 1
            precondition(
                threads > 0, "the operating system gives no thread: \(String(cString: strerror(status)))")
        }
    }

    #if canImport(Darwin)
        private static let run: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = {
            context in
            Unmanaged<Shared>.fromOpaque(context).takeRetainedValue().work()
            return nil
        }
    #else
        private static let run: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
            context in
            if let context { Unmanaged<Shared>.fromOpaque(context).takeRetainedValue().work() }
            return nil
        }
    #endif

    private func work() {
        while let next = next() { next() }
    }

    private func next() -> (@Sendable () -> Void)? {
        monitor.locked {
            while head == queue.count {
                if isStopped { return nil }
                idle += 1
                monitor.wait()
                idle -= 1
            }
            let work = queue[head]
            head += 1
            if head == queue.count {
                queue.removeAll(keepingCapacity: true)
                head = 0
            } else if head > 1024 {
                queue.removeFirst(head)
                head = 0
            }
            return work
        }
    }
}
