#!/usr/bin/env python3
"""Makes the compressed files beside it, which the tests of the decoders read (PyPI: lz4, cramjam).

    python3 Fixtures/codecs/make.py
"""
import gzip
import hashlib
import io
import os
import struct
import zlib

import cramjam
import lz4.block
import lz4.frame

HERE = os.path.dirname(os.path.abspath(__file__))


def content():
    """17 kB: lines that repeat, noise that does not, and one long run."""
    parts = []
    for number in range(150):
        digest = hashlib.sha256(str(number).encode()).hexdigest()
        parts.append(f'{{"c":{number * 7 % 100}.25,"symbol":"{digest[:4].upper()}","t":{1704205800 + number}}}\n'.encode())
        if number % 10 == 0:
            parts.append(hashlib.sha512(str(number).encode()).digest() * (number // 30))
    return b"".join(parts) + b"z" * 9000


def raw_deflate(data, level, strategy=zlib.Z_DEFAULT_STRATEGY):
    engine = zlib.compressobj(level, zlib.DEFLATED, 31, 9, strategy)
    return engine.compress(data) + engine.flush()


def named_gzip(data):
    output = io.BytesIO()
    with gzip.GzipFile("a name", "wb", 6, output, mtime=1) as file:
        file.write(data)
    return output.getvalue()


def xerial(data):
    output = bytes([0x82]) + b"SNAPPY\0" + struct.pack(">ii", 1, 1)
    for start in range(0, len(data), 32 << 10 >> 2):
        block = bytes(cramjam.snappy.compress_raw(data[start:start + (32 << 10 >> 2)]))
        output += struct.pack(">i", len(block)) + block
    return output


data = content()
files = {
    "content.bin": data,
    "dynamic.gz": raw_deflate(data, 9),
    "fixed.gz": raw_deflate(data, 6, zlib.Z_FIXED),
    "huffman.gz": raw_deflate(data, 6, zlib.Z_HUFFMAN_ONLY),
    "stored.gz": raw_deflate(data, 0),
    "named-two-members.gz": named_gzip(data[:1000]) + named_gzip(data[1000:]),
    "plain.lz4": lz4.frame.compress(data),
    "checked.lz4": lz4.frame.compress(data, block_checksum=True, content_checksum=True, store_size=True,
                                      block_linked=False, compression_level=9),
    "linked.lz4": lz4.frame.compress(data * 4, block_size=lz4.frame.BLOCKSIZE_MAX64KB, block_linked=True)
    + lz4.frame.compress(data, content_checksum=True),
    "bare.snappy": bytes(cramjam.snappy.compress_raw(data)),
    "java.snappy": xerial(data),
}
for name, content in files.items():
    with open(os.path.join(HERE, name), "wb") as file:
        file.write(content)
