"""Lists archives as Python's tarfile and as GNU tar read them: a line of JSON for each, in the order of the arguments.

Usage: tar-readers.py DIRECTORY COUNT: DIRECTORY/0.tar, DIRECTORY/1.tar, ...
"""
import json
import os
import re
import subprocess
import sys
import tarfile

TYPES = {
    tarfile.REGTYPE: "file", tarfile.AREGTYPE: "file", tarfile.CONTTYPE: "file", tarfile.DIRTYPE: "folder",
    tarfile.SYMTYPE: "symlink", tarfile.LNKTYPE: "hardlink", tarfile.CHRTYPE: "character-device",
    tarfile.BLKTYPE: "block-device", tarfile.FIFOTYPE: "fifo",
}
GNU_TYPES = {"-": "file", "d": "folder", "l": "symlink", "h": "hardlink", "c": "character-device", "b": "block-device",
             "p": "fifo", "C": "file"}
ESCAPES = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}


def text(value):
    """Bytes as latin1, so that JSON holds any of them."""
    return value.encode("utf-8", "surrogateescape").decode("latin1")


def python_lists(path):
    try:
        with tarfile.open(path, "r:", errorlevel=2) as archive:
            entries = []
            for one in archive:
                kind = TYPES.get(one.type)
                sparse = one.issparse()
                link = text(one.linkname) if kind in ("symlink", "hardlink") else ""
                entries.append([
                    "sparse" if sparse else kind or "other", text(one.name), one.mode & 0o7777, one.uid, one.gid,
                    one.size if kind == "file" else 0, link, one.offset_data if kind == "file" else 0,
                ])
            return entries
    except Exception as error:  # Whatever it is, the archive is not read.
        return "%s: %s" % (type(error).__name__, error)


def unescape(quoted):
    def one(match):
        escape = match.group(1)
        if escape[0] in "01234567":
            return chr(int(escape, 8))
        return chr(ESCAPES[escape]) if escape in ESCAPES else escape
    return re.sub(r"\\([0-7]{3}|.)", one, quoted)


MODE = re.compile(r"^block (\d+): (.)([-rwxsStT]{9})\S* (-?\d+)/(-?\d+) +(\S+) (\S+ \S+) +(.*)$")


def mode_of(letters):
    mode = 0
    for at, letter in enumerate(letters):
        if letter in "rwxst":
            mode |= 0o400 >> at
    for at, bit in ((2, 0o4000), (5, 0o2000), (8, 0o1000)):
        if letters[at] in "sStT":
            mode |= bit
    return mode


def gnu_lists(path):
    run = subprocess.run(
        ["tar", "--list", "-vv", "-R", "--numeric-owner", "--quoting-style=escape", "--full-time", "-f", path],
        capture_output=True, env={"LC_ALL": "C", "TZ": "UTC", "PATH": os.environ["PATH"]},
    )
    if run.returncode != 0:
        return run.stderr.decode("latin1")
    entries = []
    for line in run.stdout.decode("latin1").split("\n"):
        match = MODE.match(line)
        if match is None:
            if line.startswith("block ") and "** Block of NULs **" in line or "** End of File **" in line or line == "":
                continue
            return "not understood: " + line
        block, kind, letters, uid, gid, size, _, rest = match.groups()
        link = ""
        if kind == "l":
            rest, _, link = rest.partition(" -> ")
        elif kind == "h":
            rest, _, link = rest.partition(" link to ")
        device = kind in "bc"
        entries.append([
            GNU_TYPES.get(kind, "other"), unescape(rest), mode_of(letters), int(uid), int(gid),
            int(size) if kind in "-C" else 0, unescape(link), int(block) * 512,
        ])
    return entries


def main():
    directory, count, readers = sys.argv[1], int(sys.argv[2]), sys.argv[3].split(",")
    for at in range(count):
        path = os.path.join(directory, "%d.tar" % at)
        found = {}
        if "python" in readers:
            found["python"] = python_lists(path)
        if "gnu" in readers:
            found["gnu"] = gnu_lists(path)
        print(json.dumps(found))


main()
