"""Compares two directories of TZif files by what the C library reads in them, and prints a JSON report.

Every zone is read at each change of either file, a second before and after it, and through the years after the records.
"""
import json, os, struct, sys, time

ours, theirs = (os.path.abspath(path) for path in sys.argv[1:3])


def changes_and_rule(path):
    with open(path, "rb") as file:
        data = file.read()
    at = 0
    for width in (4, 8):
        ut, standard, leaps, times, types, characters = struct.unpack(">6l", data[at + 20 : at + 44])
        first = at + 44
        at = first + times * (width + 1) + types * 6 + characters + leaps * (width + 4) + standard + ut
    return struct.unpack(f">{times}q", data[first : first + 8 * times]), data[at:].strip().decode()


def readings(path, instants):
    os.environ["TZ"] = ":" + path
    time.tzset()
    clocks = map(time.localtime, instants)
    return [(clock.tm_gmtoff, clock.tm_isdst, clock.tm_zone) for clock in clocks]


YEAR = 31_556_952
report = {"zones": 0, "instants": 0, "differences": []}
for directory, _, names in os.walk(ours):
    for name in names:
        zone = os.path.relpath(os.path.join(directory, name), ours)
        paths = [os.path.join(root, zone) for root in (ours, theirs)]
        (one, our_rule), (two, their_rule) = (changes_and_rule(path) for path in paths)
        instants = {at + step for at in one + two for step in (-1, 0, 1) if abs(at) < 2**38}
        # Equal rules say the same for good; others are read twice a day.
        step, until = (10 * 86_400, 2060) if our_rule == their_rule else (43_200, 2400)
        instants |= set(range(2**31, (until - 1970) * YEAR, step)) | {-(2**33), -(2**31) - 1, -(2**31)}
        instants = sorted(instants)
        report["zones"] += 1
        report["instants"] += len(instants)
        pairs = zip(instants, *(readings(path, instants) for path in paths))
        found = [(zone, at, one, two) for at, one, two in pairs if one != two]
        report["differences"] += found[:2]
print(json.dumps(report))
