"""A tiny DNS server for the recordings: UDP and TCP, six records, NXDOMAIN for the rest (RFC 1035).

python dns_server.py ADDRESS
"""

from __future__ import annotations

import ipaddress
import socketserver
import struct
import sys

A, NS, CNAME, MX, TXT, AAAA = 1, 2, 5, 15, 16, 28


def name(text: str) -> bytes:
    """A domain name in wire form, uncompressed."""
    labels = [label.encode() for label in text.rstrip(".").split(".")]
    return b"".join(bytes((len(label),)) + label for label in labels) + b"\0"


RECORDS: dict[tuple[str, int], list[tuple[int, bytes]]] = {
    ("www.example.test", A): [(A, ipaddress.ip_address("10.0.0.2").packed)],
    ("www.example.test", AAAA): [(AAAA, ipaddress.ip_address("fd00::2").packed)],
    ("alias.example.test", A): [(CNAME, name("www.example.test"))],
    ("example.test", MX): [(MX, struct.pack("!H", 10) + name("mail.example.test"))],
    ("example.test", TXT): [(TXT, b"\x0bhello world")],
    ("example.test", NS): [(NS, name("ns.example.test"))],
}


def answer(query: bytes) -> bytes:
    """The reply to one query: the question repeated, answers that point back to its name."""
    identifier, flags, _, _, _, _ = struct.unpack_from("!6H", query)
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    kind, _ = struct.unpack_from("!2H", query, at + 1)
    found = RECORDS.get((".".join(labels), kind), [])
    known = any(key[0] == ".".join(labels) for key in RECORDS)
    reply_flags = 0x8400 | flags & 0x0100 | (0 if known else 3)
    body = b"".join(
        struct.pack("!HHHIH", 0xC00C, kind_, 1, 300, len(data)) + data for kind_, data in found
    )
    header = struct.pack("!6H", identifier, reply_flags, 1, len(found), 0, 0)
    return header + query[12 : at + 5] + body


class OverUDP(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        query, sock = self.request
        sock.sendto(answer(query), self.client_address)


class OverTCP(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        (length,) = struct.unpack("!H", self.rfile.read(2))
        reply = answer(self.rfile.read(length))
        self.wfile.write(struct.pack("!H", len(reply)) + reply)


class TCPServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    import threading

    address = (sys.argv[1], 53)
    threading.Thread(target=TCPServer(address, OverTCP).serve_forever, daemon=True).start()
    socketserver.UDPServer(address, OverUDP).serve_forever()
