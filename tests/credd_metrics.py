"""Reads credd's metrics: over HTTP from a Unix socket or a port, and over Varlink."""
import contextlib
import re
import socket

import credd_testing as t

METRICS = "io.systemd.Metrics"
SAMPLE = re.compile(r'^(credd_\w+?)(?:\{(.*)\})? (-?[0-9.]+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"(?:,|$)')


def http_get(address, path="/metrics", accept=None, host="localhost"):
    """Status, headers (names in small letters) and body; `address` is a path or (host, port)."""
    family = socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX
    head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n" + (f"Accept: {accept}\r\n" if accept else "") + "\r\n"
    with contextlib.closing(socket.socket(family, socket.SOCK_STREAM)) as sock:
        sock.settimeout(20 * t.PATIENCE)
        sock.connect(address if isinstance(address, tuple) else str(address))
        sock.sendall(head.encode())
        data = b""
        while part := sock.recv(65536):
            data += part
    top, _, body = data.partition(b"\r\n\r\n")
    lines = top.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:])
    assert int(headers["content-length"]) == len(body)
    return int(lines[0].split()[1]), headers, body.decode()


def parse(text):
    """(name, labels as sorted pairs) to number: of either format."""
    samples = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        found = SAMPLE.match(line)
        assert found, line
        key = found.group(1), tuple(sorted(LABEL.findall(found.group(2) or "")))
        assert key not in samples, line
        samples[key] = float(found.group(3))
    return samples


def key(name, **labels):
    return f"credd_{name}", tuple(sorted(labels.items()))


def over_http(address):
    return parse(http_get(address)[2])


def over_varlink(credd):
    """The same, of what List replies."""
    samples = {}
    for one in credd.call_all(f"{METRICS}.List"):
        labels = dict(one.get("fields", {}))
        if "object" in one:
            labels["stream"] = one["object"]
        samples[one["name"].replace("io.credd.", "credd_", 1), tuple(sorted(labels.items()))] = float(one["value"])
    return samples


def counters(samples):
    return {name: value for name, value in samples.items() if name[0].endswith(("_total", "_bucket", "_count", "_sum"))}
