#!/usr/bin/env python3
"""Makes contents to measure with, the same every time, half text and half what hardly compresses, as images have it.

    contents.py tree DIRECTORY MIB FILES            a directory
    contents.py image LAYOUT MIB LAYERS [FILES [WORD]]
                                                    an OCI layout, tag 1, plain tar layers; 50 files per MiB by default;
                                                    a word makes the last layer another one

Nine files of ten are small, and one in a thousand is large; together they have MIB mebibytes. Which file lies in which
layer is the only thing that changes with the number of layers.
"""
import hashlib
import io
import json
import os
import random
import sys
import tarfile

WORDS = [b"%s%d" % (stem, i) for i in range(40) for stem in (b"include ", b"return value", b"static int ", b"the ", b"\n\t", b"# ", b"/usr/lib/x")]


def pool(seed, size):
    """Bytes to cut contents from: 4 KiB of text, then as many of noise, by turns."""
    numbers = random.Random(seed)
    parts = []
    for _ in range(size // 8192):
        text = b" ".join(numbers.choices(WORDS, k=700))[:4096]
        parts += [text.ljust(4096, b"."), numbers.randbytes(4096)]
    return b"".join(parts)


POOL = pool(1, 64 << 20)


def sizes(total, files):
    """In bytes, summing up to the total: small files take a fifth, one in a thousand takes most of the rest."""
    numbers = random.Random(2)
    weights = []
    for i in range(files):
        kind = i % 1000
        weights.append(numbers.uniform(0.1, 2) * (600 if kind == 0 else 6 if kind % 10 == 0 else 0.25))
    scale = total / sum(weights)
    return [int(weight * scale) for weight in weights]


def pieces(number, size):
    """The content of a file: a mark of its own in each mebibyte, so that no two are equal, then slices of the pool."""
    numbers = random.Random(number)
    left = size
    while left > 0:
        mark = (b"%d/%d " % (number, left))[:left]
        length = min(left - len(mark), 1 << 20)
        start = numbers.randrange(len(POOL) - length)
        yield mark + POOL[start:start + length]
        left -= len(mark) + length


def name(number):
    return "d%03d/d%02d/file-%06d" % (number % 200, number // 200 % 20, number)


def tree(directory, mib, files):
    for number, size in enumerate(sizes(mib << 20, files)):
        path = os.path.join(directory, name(number))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            for piece in pieces(number, size):
                out.write(piece)


class Chunks(io.RawIOBase):
    """Pieces as a file to read from."""

    def __init__(self, parts):
        self.parts = parts
        self.rest = b""

    def readable(self):
        return True

    def readinto(self, buffer):
        if not self.rest:
            self.rest = next(self.parts, b"")
        count = min(len(buffer), len(self.rest))
        buffer[:count] = self.rest[:count]
        self.rest = self.rest[count:]
        return count


class Hashing:
    """Writes through to a file and digests."""

    def __init__(self, out):
        self.out = out
        self.sha256 = hashlib.sha256()
        self.size = 0

    def write(self, data):
        self.sha256.update(data)
        self.size += len(data)
        return self.out.write(data)


def blob(layout, write):
    path = os.path.join(layout, "blobs", "sha256", "new")
    with open(path, "wb") as out:
        hashing = Hashing(out)
        write(hashing)
    digest = hashing.sha256.hexdigest()
    os.rename(path, os.path.join(layout, "blobs", "sha256", digest))
    return {"digest": "sha256:" + digest, "size": hashing.size}


def layer(out, numbers_and_sizes, word):
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT, bufsize=1 << 20) as tar:
        if word:
            tar.addfile(tarfile.TarInfo(word))
        for number, size in numbers_and_sizes:
            entry = tarfile.TarInfo(name(number))
            entry.size = size
            entry.mtime = 1_700_000_000
            tar.addfile(entry, io.BufferedReader(Chunks(pieces(number, size)), 1 << 20))


def image(layout, mib, layers, files, word):
    os.makedirs(os.path.join(layout, "blobs", "sha256"))
    every = list(enumerate(sizes(mib << 20, files)))
    per_layer = -(-len(every) // layers)
    made = [blob(layout, lambda out, i=i: layer(
        out, every[i * per_layer:(i + 1) * per_layer], word if i == layers - 1 else None)) for i in range(layers)]
    media = "application/vnd.oci.image."
    config = {"architecture": "amd64", "os": "linux", "config": {},
              "rootfs": {"type": "layers", "diff_ids": [one["digest"] for one in made]}}
    described = blob(layout, lambda out: out.write(json.dumps(config).encode()))
    manifest = {"schemaVersion": 2, "mediaType": media + "manifest.v1+json",
                "config": dict(described, mediaType=media + "config.v1+json"),
                "layers": [dict(one, mediaType=media + "layer.v1.tar") for one in made]}
    described = blob(layout, lambda out: out.write(json.dumps(manifest).encode()))
    index = {"schemaVersion": 2, "manifests": [dict(
        described, mediaType=media + "manifest.v1+json",
        annotations={"org.opencontainers.image.ref.name": "1"})]}
    for path, document in (("index.json", index), ("oci-layout", {"imageLayoutVersion": "1.0.0"})):
        with open(os.path.join(layout, path), "w", encoding="utf-8") as out:
            json.dump(document, out)


def main(kind, target, mib, *numbers):
    if kind == "tree":
        tree(target, int(mib), int(numbers[0]))
    else:
        files = int(numbers[1]) if len(numbers) > 1 else 50 * int(mib)
        image(target, int(mib), int(numbers[0]), files, numbers[2] if len(numbers) > 2 else None)


if __name__ == "__main__":
    main(*sys.argv[1:])
