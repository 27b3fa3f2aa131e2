import ObjectStore
import PartitionedLog
import Warehouse

extension Pipeline {
    /// An object of the sink in the bucket.
    struct StoredObject {
        let info: ObjectInfo
        let key: SinkKey

        /// The offset behind its last record, as the sink has noted it.
        var nextOffset: Int64? { info.userMetadata["Next-Offset"].flatMap { Int64($0) } }
    }

    /// The sink's objects that have not been loaded, a partition's in the order of its records, whatever the
    /// layout.
    func pendingObjects() throws -> [(info: ObjectInfo, key: SinkKey)] {
        var pending = try unloadedObjects(of: nil, damaged: report).filter { object in
            try !warehouse.hasLoaded(
                bucket: settings.bucket, key: object.info.key, etag: object.info.etag)
        }
        pending.sort {
            ($0.key.partition.partition, $0.key.firstOffset) < (
                $1.key.partition.partition, $1.key.firstOffset
            )
        }
        return pending.map { ($0.info, $0.key) }
    }

    /// The sink's objects that may hold something that is not loaded: what it costs to find them follows what
    /// has come since the last load, and not what the bucket has. Those that were loaded last are among them,
    /// since an object may have grown.
    ///
    /// - Parameter partition: of this partition alone, where it is not `nil`.
    func unloadedObjects(of partition: TopicPartition?, damaged: (StoreError) throws -> Void) throws
        -> [StoredObject]
    {
        var objects: [StoredObject] = []
        for id in try partition.map({ [$0] }) ?? runPartitions() {
            objects += try unloadedRuns(id, damaged)
        }
        // Objects of one record each lie by symbol, and their names alone tell which are new.
        var reached: [TopicPartition: Int64] = [:]
        try store.forEachObject(
            bucket: bucket, skipping: SinkKey.runPrefix(topic: settings.topic),
            where: { text in
                guard let key = SinkKey(text), key.partition.topic == settings.topic,
                    partition == nil || key.partition == partition
                else { return false }
                let known =
                    try reached[key.partition]
                    ?? warehouse.nextOffset(topic: key.partition.topic, partition: key.partition.partition)
                reached[key.partition] = known
                return key.firstOffset.value >= known
            }, damaged: damaged
        ) { info in
            if let key = SinkKey(info.key) { objects.append(StoredObject(info: info, key: key)) }
        }
        return objects
    }

    /// The partitions that runs of records in the bucket are of.
    private func runPartitions() throws -> [TopicPartition] {
        let prefix = SinkKey.runPrefix(topic: settings.topic)
        var options = ListOptions(prefix: prefix, delimiter: "/")
        var partitions: [TopicPartition] = []
        repeat {
            let page = try store.list(bucket: bucket, options, damaged: { _ in })
            partitions += page.commonPrefixes.compactMap { text in
                Int32(text.dropFirst(prefix.count).dropLast()).map { TopicPartition(settings.topic, $0) }
            }
            options.token = page.nextToken
        } while options.token != nil
        return partitions
    }

    /// Keys of runs sort by their offsets, so that what is new lies behind what was loaded last. Only where
    /// the group has put more than is found there, an object further back has grown, and all are looked at.
    private func unloadedRuns(_ id: TopicPartition, _ damaged: (StoreError) throws -> Void) throws
        -> [StoredObject]
    {
        let prefix = SinkKey.runPrefix(id)
        let last = try warehouse.lastLoadedKey(
            bucket: settings.bucket, topic: id.topic, partition: id.partition, prefix: prefix)
        func runs(behind start: String?) throws -> [StoredObject] {
            var objects: [StoredObject] = []
            try store.forEachObject(bucket: bucket, prefix: prefix, startAfter: start, damaged: damaged) {
                info in
                if let key = SinkKey(info.key) { objects.append(StoredObject(info: info, key: key)) }
            }
            return objects
        }
        let objects = try runs(behind: last.flatMap { SinkKey($0)?.textBefore })
        guard last != nil else { return objects }
        let loaded = try warehouse.nextOffset(topic: id.topic, partition: id.partition)
        let reached = objects.reduce(loaded) { max($0, $1.nextOffset ?? 0) }
        let put = try groups.committed(settings.group, id)?.offset.value ?? 0
        return put > reached ? try runs(behind: nil) : objects
    }
}
