// The calls whose names the types of this module take too, so that they have to be reached through the C
// library's own module, which every platform names differently.
#if canImport(Glibc)
    import Glibc

    func systemOpen(_ path: UnsafePointer<CChar>, _ flags: Int32) -> Int32 {
        Glibc.open(path, flags | O_CLOEXEC, 0o644)
    }
    func systemClose(_ descriptor: Int32) { _ = Glibc.close(descriptor) }
    func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        Glibc.read(descriptor, buffer.baseAddress, buffer.count)
    }
    func systemRename(_ source: String, _ destination: String) -> Int32 { Glibc.rename(source, destination) }
    func systemLink(_ source: String, _ destination: String) -> Int32 { Glibc.link(source, destination) }
#elseif canImport(Musl)
    import Musl

    func systemOpen(_ path: UnsafePointer<CChar>, _ flags: Int32) -> Int32 {
        Musl.open(path, flags | O_CLOEXEC, 0o644)
    }
    func systemClose(_ descriptor: Int32) { _ = Musl.close(descriptor) }
    func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        Musl.read(descriptor, buffer.baseAddress, buffer.count)
    }
    func systemRename(_ source: String, _ destination: String) -> Int32 { Musl.rename(source, destination) }
    func systemLink(_ source: String, _ destination: String) -> Int32 { Musl.link(source, destination) }
#elseif canImport(Darwin)
    import Darwin

    func systemOpen(_ path: UnsafePointer<CChar>, _ flags: Int32) -> Int32 {
        Darwin.open(path, flags | O_CLOEXEC, 0o644)
    }
    func systemClose(_ descriptor: Int32) { _ = Darwin.close(descriptor) }
    func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        Darwin.read(descriptor, buffer.baseAddress, buffer.count)
    }
    func systemRename(_ source: String, _ destination: String) -> Int32 { Darwin.rename(source, destination) }
    func systemLink(_ source: String, _ destination: String) -> Int32 { Darwin.link(source, destination) }
#endif
