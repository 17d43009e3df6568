#!/usr/bin/env python3
"""Trims the service models of the installed botocore to what Enibox serves.

For every NAME.ops beside this script writes NAME.json: the service's metadata, the name of every
operation it has, and for the listed ones the shapes they reach, with constraints and wire names and
without a word of documentation. `make models` runs it; nothing needs botocore after that.

The files are JSON, and laid out as the loader (api/wire/model.cpp) wants them: one operation and
one shape a line, so that it can find a shape without parsing the rest, and a diff shows one.

    trim.py [--check]    --check writes nothing and fails when a file would change
"""

import json
import pathlib
import sys

import botocore
import botocore.loaders

HERE = pathlib.Path(__file__).resolve().parent

METADATA = (
    "apiVersion", "awsQueryCompatible", "endpointPrefix", "jsonVersion", "protocol", "protocols",
    "serviceId", "signingName", "targetPrefix", "xmlNamespace",
)
SHAPE = (
    "type", "required", "enum", "min", "max", "pattern", "flattened", "sensitive", "document",
    "union", "eventstream", "event", "exception", "fault", "error", "timestampFormat",
    "xmlNamespace", "locationName",
)
MEMBER = (
    "locationName", "queryName", "flattened", "xmlAttribute", "timestampFormat", "idempotencyToken",
    "eventpayload", "eventheader",
)


def listed_operations(path):
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    return [line for line in lines if line]


def pick(source, keys):
    return {key: source[key] for key in keys if key in source and source[key] is not False}


def trim_member(member):
    """A member is its shape's name, or an object when there is more to say."""
    traits = pick(member, MEMBER)
    return {"shape": member["shape"], **traits} if traits else member["shape"]


def trim_shape(shape):
    out = pick(shape, SHAPE)
    for key in ("member", "key", "value"):
        if key in shape:
            out[key] = trim_member(shape[key])
    if "members" in shape:
        out["members"] = {name: trim_member(m) for name, m in shape["members"].items()}
    return out


def references(shape):
    for key in ("member", "key", "value"):
        if key in shape:
            yield shape[key]["shape"]
    for member in shape.get("members", {}).values():
        yield member["shape"]


def trim_operation(operation):
    out = {}
    if "input" in operation:
        out["input"] = operation["input"]["shape"]
    if "output" in operation:
        out["output"] = operation["output"]["shape"]
        if "resultWrapper" in operation["output"]:
            out["resultWrapper"] = operation["output"]["resultWrapper"]
    if operation.get("errors"):
        out["errors"] = [error["shape"] for error in operation["errors"]]
    return out


def trim(name):
    model = botocore.loaders.create_loader().load_service_model(name, "service-2")
    listed = listed_operations(HERE / f"{name}.ops")
    unknown = sorted(set(listed) - set(model["operations"]))
    if unknown:
        sys.exit(f"{name}.ops: {name} has no operation {', '.join(unknown)}")

    operations = {}
    reached, todo = set(), []
    for operation_name in sorted(model["operations"]):
        operations[operation_name] = None
        if operation_name in listed:
            operation = trim_operation(model["operations"][operation_name])
            operations[operation_name] = operation
            todo += [operation[key] for key in ("input", "output") if key in operation]
            todo += operation.get("errors", [])
    while todo:
        shape_name = todo.pop()
        if shape_name not in reached:
            reached.add(shape_name)
            todo += references(model["shapes"][shape_name])
    shapes = {shape_name: trim_shape(model["shapes"][shape_name]) for shape_name in sorted(reached)}
    return pick(model["metadata"], METADATA), operations, shapes


def line_a_piece(pieces):
    compact = {"separators": (",", ":")}
    return ",\n".join(f"{json.dumps(k)}:{json.dumps(v, **compact)}" for k, v in pieces.items())


def render(metadata, operations, shapes):
    return (
        "{\n" + line_a_piece({"metadata": metadata}) + ",\n"
        '"operations":{\n' + line_a_piece(operations) + "\n},\n"
        '"shapes":{\n' + line_a_piece(shapes) + "\n}\n}\n"
    )


def main():
    check = sys.argv[1:] == ["--check"]
    stale = []
    for ops in sorted(HERE.glob("*.ops")):
        path = ops.with_suffix(".json")
        text = render(*trim(ops.stem))
        if path.exists() and path.read_text() == text:
            continue
        stale.append(path.name)
        if not check:
            path.write_text(text)
            print(f"{path.name}: {len(text) // 1024} KiB")
    if check and stale:
        sys.exit(f"not what botocore {botocore.__version__} gives: {', '.join(stale)}")


if __name__ == "__main__":
    main()
