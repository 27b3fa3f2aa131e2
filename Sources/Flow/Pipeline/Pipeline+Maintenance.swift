import Logging
import PartitionedLog

extension Pipeline {
    /// Has retention and compaction act on topics that have been told to; the pipeline's own keep all unless they have.
    func maintainLog() {
        let done = log.maintain()
        for (id, removed) in done.removed.sorted(by: { $0.key < $1.key }) {
            logger.notice("\(id): retention removed \(removed.segments) segments, \(removed.bytes) bytes")
        }
        for failure in done.failures { logger.error("\(failure)") }
    }

    /// Checks that each partition of the topics is here: a symbol whose partition is not could not be written.
    func requireWholeTopics() throws {
        for topic in [settings.topic, settings.rejectsTopic] {
            guard let missing = log.missingPartitions(of: topic).first else { continue }
            throw LogError(
                .unknownTopicOrPartition,
                "\(topic)-\(missing.lowerBound) is missing in \(directory.log), where other partitions of topic \(topic) are: "
                    + "put its directory back; nothing was changed")
        }
    }
}
