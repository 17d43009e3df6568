"""Values for the shapes of a service model, made to satisfy their constraints."""

import datetime
import re

try:
    from re import _parser as sre_parse
except ImportError:  # before Python 3.11
    import sre_parse

MOMENT = datetime.datetime(2023, 11, 14, 22, 13, 20, tzinfo=datetime.timezone.utc)
HOSTILE = "a<b>&\"c' \\ \u00e4\u20ac\U0001f600\n\tz"


class Maker:
    """Makes a value for a botocore shape.

    members  which members of a structure: "required", "all"
    lists    how many elements a list has
    text     strings that no constraint shapes
    shapes   our model's shapes: an older botocore may not know yet that a member is required
    """

    def __init__(self, members="all", lists=2, text="some text", shapes=None):
        self.members, self.lists, self.text = members, lists, text
        self.shapes = shapes or {}
        self.open = []  # the structures being made: a shape may hold itself

    def make(self, shape):
        return getattr(self, shape.type_name, self.string)(shape)

    def structure(self, shape):
        if self.open.count(shape.name) > 1:
            return {}
        wanted = shape.members
        if self.members == "required":
            names = shape.required_members + self.shapes.get(shape.name, {}).get("required", [])
            required = {name: member for name, member in wanted.items() if name in names}
            # A form has no way to say "an empty structure": give an inner one something to hold.
            inner = bool(self.open) and not required
            wanted = dict(list(wanted.items())[:1]) if inner else required
        elif getattr(shape, "is_tagged_union", False):
            wanted = dict(list(wanted.items())[:1])
        self.open.append(shape.name)
        made = {name: self.make(member) for name, member in wanted.items()}
        self.open.pop()
        return made

    def list(self, shape):
        least, most = shape.metadata.get("min", 0), shape.metadata.get("max", self.lists)
        count = max(least, min(self.lists, most))
        return [self.make(shape.member) for _ in range(count)]

    def map(self, shape):
        count = max(shape.metadata.get("min", 0), min(self.lists, 1))
        keys = [self.make(shape.key)]
        while len(keys) < count:
            keys.append(keys[-1] + "x")
        return {key: self.make(shape.value) for key in keys[:count]}

    def string(self, shape):
        if shape.metadata.get("enum"):
            return shape.metadata["enum"][-1]
        least, most = shape.metadata.get("min", 0), shape.metadata.get("max", 1 << 20)
        if "pattern" in shape.metadata:
            return from_pattern(shape.metadata["pattern"], least)
        text = self.text
        while len(text) < least:
            text += "x"
        return text[:most]

    def integer(self, shape):
        return max(shape.metadata.get("min", 7), min(7, shape.metadata.get("max", 7)))

    def long(self, shape):
        return max(shape.metadata.get("min", 1 << 40), min(1 << 40, shape.metadata.get("max", 1 << 40)))

    def float(self, shape):
        return max(shape.metadata.get("min", 0.25), min(0.25, shape.metadata.get("max", 0.25)))

    double = float

    def boolean(self, shape):
        return True

    def timestamp(self, shape):
        return MOMENT

    def blob(self, shape):
        return b"\x00\xffbytes"


def from_pattern(pattern, least):
    """A text that matches `pattern` and has at least `least` characters."""
    java = re.sub(r"\\p\{[LMNPSZ]\}", "a", pattern)
    java = re.sub(r"\\u10{4}-\\u10F{4}", "", java)
    tree = sre_parse.parse(java)
    for extra in range(0, 4096):
        text = "".join(part(node, extra) for node in tree)
        if len(text) >= least and re.fullmatch(java, text):
            return text
    raise ValueError(f"no sample for {pattern}")


def part(node, extra):
    kind, value = str(node[0]), node[1]
    if kind == "LITERAL":
        return chr(value)
    if kind == "NOT_LITERAL":
        return "a"
    if kind == "ANY":
        return "a"
    if kind == "IN":
        return in_set(value)
    if kind == "SUBPATTERN":
        return "".join(part(inner, extra) for inner in value[-1])
    if kind == "BRANCH":
        return "".join(part(inner, extra) for inner in value[1][0])
    if kind in ("MAX_REPEAT", "MIN_REPEAT"):
        least, most, inner = value
        count = min(int(most), int(least) + extra)
        return "".join(part(each, 0) for each in inner) * count
    return ""  # anchors


def in_set(items):
    kinds = [str(kind) for kind, _ in items]
    if kinds[0] == "NEGATE":
        return "a"
    if any(kind == "CATEGORY" and "DIGIT" in str(value) for kind, value in map(str_pair, items)):
        return "1"
    for kind, value in items:
        if str(kind) == "RANGE":
            low, high = value
            return "a" if low <= ord("a") <= high else chr(low if low > 32 else min(high, 65))
        if str(kind) == "CATEGORY":
            return "a"
    return chr(items[0][1])


def str_pair(item):
    return str(item[0]), str(item[1])
