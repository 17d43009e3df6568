#!/usr/bin/env python3
"""A resolver of the host's network, as tests need one: name_server.py ADDRESS. UDP and TCP, port 53.

www.example, web.example and the reverse name of 8.8.8.8 are there; many.example has 200 addresses; silent.example is not
answered; refused.example is refused; before lies.example come answers that belong to other questions.
"""
import socket
import struct
import sys
import threading

A, PTR = 1, 12
NXDOMAIN, REFUSED = 3, 5
UDP_BYTES = 512


def wire_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


NAMES = {
    ("www.example", A): [socket.inet_aton("8.8.8.80")],
    ("web.example", A): [socket.inet_aton("8.8.8.8")],
    ("lies.example", A): [socket.inet_aton("8.8.8.80")],
    ("many.example", A): [bytes([8, 8, 1, i]) for i in range(200)],
    ("8.8.8.8.in-addr.arpa", PTR): [wire_name("www.example")],
}


def question_of(message):
    labels, at = [], 12
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode())
        at += 1 + message[at]
    kind, = struct.unpack("!H", message[at + 1:at + 3])
    return ".".join(labels).lower(), kind, message[12:at + 5]


def answer(message, limit, name_id=None, question=None):
    name, kind, own_question = question_of(message)
    question = question or own_question
    records = NAMES.get((name, kind), [])
    known = any(other == name for other, _ in NAMES)
    rcode = REFUSED if name == "refused.example" else 0 if known else NXDOMAIN
    body = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(data)) + data for data in records)
    flags, count = 0x8180 | rcode, len(records)
    if 12 + len(question) + len(body) > limit:
        flags, count, body = flags | 0x0200, 0, b""
    head = struct.pack("!HHHHHH", struct.unpack("!H", message[:2])[0] if name_id is None else name_id, flags, 1, count, 0, 0)
    return head + question + body


def serve_datagrams(server):
    while True:
        message, client = server.recvfrom(4096)
        name, _, _ = question_of(message)
        if name == "silent.example":
            continue
        if name == "lies.example":
            own, = struct.unpack("!H", message[:2])
            server.sendto(b"garbage", client)
            server.sendto(answer(message, UDP_BYTES, name_id=own ^ 1), client)
            server.sendto(answer(message, UDP_BYTES, question=wire_name("other.example") + b"\0\1\0\1"), client)
        server.sendto(answer(message, UDP_BYTES), client)


def serve_streams(server):
    while True:
        client, _ = server.accept()
        with client, client.makefile("rb") as stream:
            size, = struct.unpack("!H", stream.read(2))
            reply = answer(stream.read(size), 65535)
            client.sendall(struct.pack("!H", len(reply)) + reply)


datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
streams = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
streams.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
for each in datagrams, streams:
    each.bind((sys.argv[1], 53))
streams.listen()
threading.Thread(target=serve_datagrams, args=[datagrams], daemon=True).start()
serve_streams(streams)
