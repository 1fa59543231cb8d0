"""Several PDF files as the pages of one.

Graphviz writes one picture per file, so the pages are put together here: every object of each file
gets a number of its own, and each file's tree of pages becomes a branch of one tree (ISO 32000-1:
7.3.10 on objects, 7.5.7 on objects packed into streams, 7.7.3 on the tree of pages).
"""

import re
import zlib
from collections.abc import Iterator, Sequence

from autograd.base.errors import refusal

OBJECT = re.compile(rb"\s*(\d+) \d+ obj\b")
REFERENCE = re.compile(rb"\b(\d+) \d+ R\b")
KIND = re.compile(rb"/Type\s*/(\w+)")
STREAM = re.compile(rb"stream\r?\n")
ROOT, COUNT = re.compile(rb"/Pages\s+(\d+)"), re.compile(rb"/Count\s+(\d+)")
LENGTH, FIRST = re.compile(rb"/Length\s+(\d+)( \d+ R)?"), re.compile(rb"/First\s+(\d+)")
TREE = 2
"""The number of the one tree of pages; 1 is the catalogue that leads there."""


def join(files: Sequence[bytes]) -> bytes:
    """Join PDF files, as Graphviz writes them, page after page.

    Raises
    ------
    ValueError : for a file that is laid out in another way.
    """
    bodies = [b"<< /Type /Catalog /Pages %d 0 R >>" % TREE, b""]
    branches, count = [], 0
    for file in files:
        try:
            objects = dict(_objects(file))
            catalogue = next(body for body in objects.values() if _kind(body) == b"Catalog")
            root = int(_found(ROOT, catalogue))
            count += int(_found(COUNT, objects[root]))
        except (LookupError, StopIteration, ValueError, zlib.error):
            raise refusal(
                ValueError,
                "these pages cannot be joined into one PDF file",
                "frames(f).save(...), by a renderer that writes PDF in a way unknown here",
                'save("f-{:02d}.pdf"), one file for each page',
            ) from None
        kept = [n for n in objects if _kind(objects[n]) not in (b"Catalog", b"ObjStm", b"XRef")]
        new = {old: number for number, old in enumerate(kept, len(bodies) + 1)}
        bodies += [_renumbered(objects[old], new) for old in kept]
        branch = bodies[new[root] - 1]
        bodies[new[root] - 1] = branch.replace(b"<<", b"<< /Parent %d 0 R" % TREE, 1)
        branches.append(b"%d 0 R" % new[root])
    bodies[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(branches), count)
    return _file(bodies)


def _file(bodies: Sequence[bytes]) -> bytes:
    """Number the objects, and write where each begins."""
    out = bytearray(b"%PDF-1.5\n%\xb5\xed\xae\xfb\n")
    starts = []
    for number, body in enumerate(bodies, 1):
        starts.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body.strip())
    size = len(bodies) + 1
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(out))
    return b"%sxref\n0 %d\n0000000000 65535 f \n%s%s" % (out, size, table, end)


def _renumbered(body: bytes, new: dict[int, int]) -> bytes:
    head, stream, data = body.partition(b"stream")
    return REFERENCE.sub(lambda found: b"%d 0 R" % new[int(found[1])], head) + stream + data


def _objects(file: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the objects of a file with their numbers, those too that are packed into streams."""
    start = re.match(rb"(%[^\n]*\n)*", file).end()  # type: ignore[union-attr]  # it may be empty
    while found := OBJECT.match(file, start):
        start = found.end()
        stop = file.index(b"endobj", start)
        if stream := STREAM.search(file, start, stop):
            head = file[start : stream.start()]
            end = stream.end() + _length(file, head)
            stop = file.index(b"endobj", end)
            if _kind(head) == b"ObjStm":
                yield from _packed(head, file[stream.end() : end])
        yield int(found[1]), file[start:stop]
        start = stop + len(b"endobj")


def _length(file: bytes, head: bytes) -> int:
    size = _found(LENGTH, head)
    if LENGTH.search(head)[2]:  # type: ignore[index]  # it was found
        size = _found(re.compile(rb"[\r\n]%s 0 obj\s+(\d+)" % size), file)
    return int(size)


def _packed(head: bytes, data: bytes) -> Iterator[tuple[int, bytes]]:
    text, first = zlib.decompress(data), int(_found(FIRST, head))
    numbers = [int(n) for n in text[:first].split()]
    starts = [first + n for n in numbers[1::2]]
    for number, start, stop in zip(numbers[::2], starts, [*starts[1:], len(text)], strict=True):
        yield number, text[start:stop]


def _kind(body: bytes) -> bytes:
    found = KIND.search(body.partition(b"stream")[0])
    return found[1] if found else b""


def _found(pattern: re.Pattern[bytes], text: bytes) -> bytes:
    if not (found := pattern.search(text)):
        raise LookupError(pattern)
    return found[1]
