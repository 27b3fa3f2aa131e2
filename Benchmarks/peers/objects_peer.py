#!/usr/bin/env python3
"""Puts, gets and lists objects with obstore (Rust's object_store): a local folder, or `rclone serve s3` over loopback.

    objects_peer.py local|rclone FOLDER SIZE THREADS SECONDS [LISTED]

Prints JSON: puts, gets and listed objects a second. Neither waits for the disk, computes digests of what it keeps, nor
checks what it reads; rclone's figures have HTTP in them.
"""
import json
import os
import subprocess
import sys
import threading
import time

from obstore.store import LocalStore, S3Store

BUCKET = "bench"


def rate(threads, seconds, body):
    """How often a second `body(thread, index)` is done."""
    counts = [0] * threads
    end = time.monotonic() + seconds

    def work(thread):
        while time.monotonic() < end:
            body(thread, counts[thread])
            counts[thread] += 1

    start = time.monotonic()
    workers = [threading.Thread(target=work, args=(thread,)) for thread in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(counts) / (time.monotonic() - start), counts


def serve(folder):
    """rclone's S3 endpoint over a folder."""
    os.makedirs(os.path.join(folder, BUCKET))
    program = os.path.join(os.path.dirname(sys.executable), "rclone")
    process = subprocess.Popen(
        [program, "serve", "s3", "--addr", "127.0.0.1:0", "--auth-key", "key,secret", folder],
        stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if "http://" in line:
            url = "http://" + line.split("http://")[1].split("/")[0].strip(" []\n")
            threading.Thread(target=process.stderr.read, daemon=True).start()
            store = S3Store(BUCKET, endpoint=url, access_key_id="key", secret_access_key="secret", region="us-east-1",
                            virtual_hosted_style_request=False, client_options={"allow_http": True})
            return process, store
    sys.exit("rclone did not start")


def main():
    kind, folder, size, threads, seconds = sys.argv[1], sys.argv[2], *map(float, sys.argv[3:6])
    listed = int(sys.argv[6]) if len(sys.argv) > 6 else 0
    process = None
    if kind == "local":
        store = LocalStore(folder)
    else:
        process, store = serve(folder)
    try:
        data = os.urandom(int(size))
        # Puts in one request each: no uploads in parts.
        puts, counts = rate(int(threads), seconds, lambda thread, index: store.put(f"{thread}-{index}", data, use_multipart=False))
        gets, _ = rate(int(threads), seconds,
                       lambda thread, index: bytes(memoryview(store.get(f"{thread}-{index % counts[thread]}").bytes())[:1]))
        result = {"put": puts, "get": gets}
        if listed:
            for index in range(listed):
                store.put(f"list/part-{index // 10_000}/object-{index}", b"123")
            start = time.monotonic()
            found = sum(len(page) for page in store.list("list/", chunk_size=1000))
            result["list"] = found / (time.monotonic() - start)
            assert found == listed, found
        print(json.dumps(result))
    finally:
        if process:
            process.kill()


if __name__ == "__main__":
    main()
