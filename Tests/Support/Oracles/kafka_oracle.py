#!/usr/bin/env python3
"""Reads and writes Kafka's files with kafka-python's record classes and plain struct, as an oracle for the tests.

    kafka_oracle.py write DIR        a batch of every codec as DIR/CODEC.batch, its records as DIR/CODEC.jsonl
    kafka_oracle.py read PARTITION   checks a partition's files against each other, and prints what is in them

A line of output is a JSON object: a record, or an entry of an index or a snapshot.
"""
import base64
import glob
import json
import os
import struct
import sys

import crc32c
from kafka.record.default_records import DefaultRecordBatchBuilder
from kafka.record.memory_records import MemoryRecords

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]


def text(value):
    return None if value is None else base64.b64encode(bytes(value)).decode()


def show(kind, **fields):
    print(json.dumps({"kind": kind, **fields}, sort_keys=True))


def write(folder):
    for number, codec in enumerate(CODECS):
        builder = DefaultRecordBatchBuilder(
            magic=2, compression_type=number, is_transactional=False, producer_id=-1, producer_epoch=-1,
            base_sequence=-1, batch_size=1 << 20)
        with open(os.path.join(folder, f"{codec}.jsonl"), "w") as lines:
            for offset in range(200):
                key = None if offset % 7 == 0 else b"key %d" % (offset % 5)
                value = None if offset % 11 == 0 else b"value %d " % offset * (offset % 9 + 1)
                headers = [("h", b"1"), ("n", None)] if offset % 4 == 0 else []
                time = 1_700_000_000_000 + offset * 3 - offset % 5
                assert builder.append(offset, timestamp=time, key=key, value=value, headers=headers)
                lines.write(json.dumps({"key": text(key), "value": text(value), "timestamp": time,
                                        "headers": [[k, text(v)] for k, v in headers]}) + "\n")
        with open(os.path.join(folder, f"{codec}.batch"), "wb") as file:
            file.write(builder.build())


def batches(path):
    """(position, size, batch) of every batch, each by kafka-python."""
    with open(path, "rb") as file:
        data = file.read()
    position = 0
    while position < len(data):
        size = struct.unpack_from(">i", data, position + 8)[0] + 12
        batch = MemoryRecords(data[position:position + size]).next_batch()
        assert batch is not None, f"{path} at byte {position}: no batch"
        assert batch.validate_crc(), f"{path} at byte {position}: wrong checksum"
        yield position, size, batch
        position += size


def entries(path, form):
    with open(path, "rb") as file:
        data = file.read()
    size = struct.calcsize(form)
    assert len(data) % size == 0, f"{path}: {len(data)} bytes"
    return [struct.unpack_from(form, data, start) for start in range(0, len(data), size)]


def read_segment(path):
    stem, base = path[:-4], int(os.path.basename(path)[:-4])
    places, times, open_transactions, aborted = {}, {}, {}, []
    for position, size, batch in batches(path):
        last = batch.base_offset + batch.last_offset_delta
        places[position] = last
        producer = (batch.producer_id, batch.producer_epoch, batch.base_sequence)
        largest = -1
        for record in batch:
            largest = max(largest, record.timestamp)
            if batch.is_control_batch:
                show("marker", offset=record.offset, type=record.type, producer=batch.producer_id)
                first = open_transactions.pop(batch.producer_id, None)
                if first is not None and record.type == 0:
                    aborted.append((0, batch.producer_id, first, record.offset))
                continue
            show("record", offset=record.offset, timestamp=record.timestamp, key=text(record.key),
                 value=text(record.value), headers=[[k, text(v)] for k, v in record.headers],
                 producer=list(producer), codec=CODECS[batch.compression_type])
        if batch.is_transactional and not batch.is_control_batch:
            open_transactions.setdefault(batch.producer_id, batch.base_offset)
        times[last] = largest
    for offset, position in entries(stem + ".index", ">ii"):
        assert places[position] == base + offset, f"{stem}.index: {offset} at {position}"
        show("index", offset=base + offset, position=position)
    latest = -1
    for timestamp, offset in entries(stem + ".timeindex", ">qi"):
        assert timestamp > latest and times[base + offset] == timestamp, f"{stem}.timeindex: {timestamp}"
        latest = timestamp
        show("timeindex", timestamp=timestamp, offset=base + offset)
    assert not times or latest == max(times.values()), f"{stem}.timeindex ends with {latest}"
    found = entries(stem + ".txnindex", ">hqqqq") if os.path.exists(stem + ".txnindex") else []
    assert [entry[:4] for entry in found] == aborted, f"{stem}.txnindex: {found}, not {aborted}"
    for entry in found:
        show("txnindex", producer=entry[1], first=entry[2], last=entry[3], stable=entry[4])


def read_snapshot(path):
    with open(path, "rb") as file:
        data = file.read()
    version, checksum, count = struct.unpack_from(">hIi", data)
    assert version == 1 and crc32c.crc32c(data[6:]) == checksum, f"{path}: wrong checksum"
    assert len(data) == 10 + 46 * count, f"{path}: {len(data)} bytes"
    for start in range(10, len(data), 46):
        names = ("producer", "epoch", "last_sequence", "last_offset", "delta", "timestamp", "coordinator", "first")
        show("snapshot", offset=int(os.path.basename(path)[:-9]),
             **dict(zip(names, struct.unpack_from(">qhiqiqiq", data, start))))


if sys.argv[1] == "write":
    write(sys.argv[2])
else:
    for path in sorted(glob.glob(os.path.join(sys.argv[2], "*.log"))):
        read_segment(path)
    for path in sorted(glob.glob(os.path.join(sys.argv[2], "*.snapshot"))):
        read_snapshot(path)
