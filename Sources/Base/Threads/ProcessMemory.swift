internal import CKernels

/// The memory of this process.
package enum ProcessMemory {
    /// Gives the system back what is free, where the C library can. Worth the while after work with large buffers,
    /// before work of another kind: what an allocator keeps of the first is of little use to the second.
    package static func trim() { th_trim_memory() }
}
