"""Seals a file with the firmware's StreamWriter, on MicroPython or CPython.

    write_stream.py JOB

JOB is a JSON file: `plaintext` and `ciphertext` are file names, `file_key`, `salt`, `nonce_prefix` and
`associated_data` are hex. The plaintext must fill its segments. `first_segment` starts at a later index,
as if so many segments had been sealed before.
"""
# ruff: noqa: PTH123 (MicroPython has no pathlib)

import json
import sys

from crypto.stream import StreamWriter


def write_stream(job):
    writer = StreamWriter()
    secrets = ("file_key", "salt", "nonce_prefix", "associated_data")
    writer.begin(*[bytes.fromhex(job[name]) for name in secrets])
    writer._segments = job.get("first_segment", 0)
    view = memoryview(writer.block)
    with open(job["plaintext"], "rb") as source, open(job["ciphertext"], "wb") as sink:
        left_bytes = source.seek(0, 2)
        source.seek(0)
        while left_bytes:
            start = writer.start()
            room = writer.room
            if source.readinto(view[start : start + room]) != room:
                raise ValueError("the plaintext does not fill its last segment")
            left_bytes -= room
            writer.seal(left_bytes == 0)
            sink.write(writer.block)
    writer.clear()


def main(path):
    with open(path) as file:
        write_stream(json.load(file))


if __name__ == "__main__":
    main(sys.argv[1])
