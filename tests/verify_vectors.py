#!/usr/bin/env python3
"""Verifies the test vectors, written from docs/protocol.md alone: no code is shared with the crate.

usage: verify_vectors.py [FOLDER]    (tests/data by default)

Needs `cryptography` and `dnspython`; owner names made with Argon2id need `argon2-cffi` and are left
out without it. Ends with status 1 if any vector has another outcome than its file says.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import re
import struct
import sys

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

try:
    import argon2.low_level as argon2
except ImportError:
    argon2 = None

DAY = 86400
LIFETIMES = {1: 800 * DAY, 2: 10 * DAY, 3: 400 * DAY}
KINDS = {1: "possession", 2: "mapping", 3: "wishes"}
METHODS = {1: "legacy", 2: "sms", 3: "voice", 4: "email", 5: "carrier"}
NAMES = {1: "issuer", 2: "holder-key", 3: "holder", 4: "proof", 5: "endpoint", 6: "consent", 7: "at"}
ALLOWED = {1: {1, 2, 4}, 2: {1, 3, 4, 5, 6}, 3: {3, 7}}
REPEATS = {5, 7}


class Verdict(Exception):
    """Ends the checks: the first that fails decides."""


def ignored(why):
    return Verdict(f"ignored: {why}")


def rejected(why):
    return Verdict(f"rejected: {why}")


# ---- Ed25519, RFC 8032 §5.1, with the checks of the protocol


P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1, 1, 0)


# Points are (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z (RFC 8032 §5.1.4).
def add(a, b):
    (x1, y1, z1, t1), (x2, y2, z2, t2) = a, b
    e, h = ((x1 + y1) * (x2 + y2) - x1 * x2 - y1 * y2) % P, (y1 * y2 + x1 * x2) % P
    c, d = D * t1 * t2 % P, z1 * z2 % P
    f, g = d - c, d + c
    return e * f % P, g * h % P, f * g % P, e * h % P


def equal(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def multiply(scalar, point):
    result = NEUTRAL
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def decode_point(octets):
    """The point, or None where the octets are not its only encoding."""
    number = int.from_bytes(octets, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT % P
    if x * x % P != square or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def is_small(point):
    return equal(multiply(8, point), NEUTRAL)


BASE = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def verify_ed25519(key, message, signature):
    r_octets, s = signature[:32], int.from_bytes(signature[32:], "little")
    a, r = decode_point(key), decode_point(r_octets)
    if r is None:
        raise rejected("r-not-canonical")
    if is_small(r):
        raise rejected("r-small-order")
    if s >= L:
        raise rejected("s-too-large")
    k = int.from_bytes(hashlib.sha512(r_octets + key + message).digest(), "little") % L
    good = equal(multiply(8 * s, BASE), add(multiply(8, r), multiply(8 * k, a)))
    # OpenSSL checks the equation without the factor 8: what it takes, holds with the factor too.
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
        assert good, "OpenSSL accepts what this verifier refuses"
    except (InvalidSignature, ValueError):
        pass
    if not good:
        raise rejected("bad-signature")


# ---- The record's form


class Cursor:
    """Octets that are taken from the front; `fault` where there are too few."""

    def __init__(self, octets, fault):
        self.octets, self.at, self.fault = octets, 0, fault

    def take(self, count):
        end = self.at + count
        if end > len(self.octets):
            raise rejected(self.fault)
        taken, self.at = self.octets[self.at : end], end
        return taken

    def number(self, width):
        return int.from_bytes(self.take(width), "big")

    def rest(self):
        return self.take(len(self.octets) - self.at)

    def end(self):
        if self.at != len(self.octets):
            raise rejected(self.fault)


def parse(rdata):
    """The order of checks of §5.3."""
    cursor = Cursor(rdata, "cut")
    if cursor.number(1) != 1:
        raise ignored("unknown-version")
    kind = cursor.number(1)
    if kind not in KINDS:
        raise ignored("unknown-kind")
    inception, expiration = cursor.number(8), cursor.number(8)
    octets = cursor.take(cursor.number(2))
    unsigned = rdata[: cursor.at]
    inner, parameters = Cursor(octets, "parameters-uneven"), []
    while inner.at < len(octets):
        parameters.append((inner.number(2), inner.take(inner.number(2))))
    if cursor.number(1) != 15:
        raise ignored("unknown-algorithm")
    tail = cursor.rest()
    if len(tail) != 72:
        raise rejected("signature-length")
    check_order(parameters)
    check_presence(kind, parameters)
    return {
        "kind": kind,
        "inception": inception,
        "expiration": expiration,
        "parameters": parameters,
        "values": parse_values(parameters),
        "unsigned": unsigned,
        "key_id": tail[:8],
        "signature": tail[8:],
    }


def check_order(parameters):
    for (before, earlier), (key, value) in zip(parameters, parameters[1:]):
        if key < before:
            raise rejected("out-of-order")
        if key == before and key not in REPEATS:
            raise rejected("repeated")
        if key == before and earlier >= value:
            raise rejected("values-out-of-order")


def check_presence(kind, parameters):
    keys = [key for key, _ in parameters]
    if any(key < 32768 and key not in NAMES for key in keys):
        raise ignored("unknown-parameter")
    known = {key for key in keys if key in NAMES}
    if known - ALLOWED[kind]:
        raise rejected("wrong-kind")
    if kind == 1:
        required = [1, 4]
    elif kind == 3:
        required = [3]
    elif 4 in known:
        if known & {3, 6}:
            raise rejected("holder-and-proof")
        required = [1, 5]
    else:
        required = [1, 3, 5, 6]
    for key in required:
        if key not in known:
            raise rejected(f"missing-{NAMES[key]}")
    if keys.count(7) > 16:
        raise rejected("too-many-at")


def parse_values(parameters):
    values = {}
    for key, octets in parameters:
        if key in NAMES and key not in REPEATS:
            values[key] = PARSERS[key](octets)
    values[5] = [parse_endpoint(octets, values[1]) for key, octets in parameters if key == 5]
    values[7] = [parse_at(octets) for key, octets in parameters if key == 7]
    providers = [at["msp"] for at in values[7]]
    if len(set(providers)) != len(providers):
        raise rejected("provider-twice")
    return values


def parse_name(octets, parameter):
    """A name that fills the octets, or (name, rest) for `at`, which goes on after it."""
    end = 0
    while True:
        if end >= len(octets) or octets[end] > 63:
            raise rejected(f"bad-value-{parameter}")
        length = octets[end]
        end += 1 + length
        if end > 255:
            raise rejected(f"bad-value-{parameter}")
        if length == 0:
            break
    if parameter != "at" and end != len(octets):
        raise rejected(f"bad-value-{parameter}")
    name, _ = dns.name.from_wire(octets[:end], 0)
    if name == dns.name.root or not all(re.fullmatch(rb"[a-z0-9-]+", label) for label in name.labels[:-1]):
        raise rejected(f"bad-name-{parameter}")
    return name if parameter != "at" else (name, octets[end:])


def parse_key(octets, parameter):
    if len(octets) < 2 or (octets[0] == 15 and len(octets) != 33):
        raise rejected(f"bad-value-{parameter}")
    return octets


def parse_sized(octets, size, parameter):
    if len(octets) != size:
        raise rejected(f"bad-value-{parameter}")
    return octets


def parse_proof(octets):
    if len(octets) != 9 or octets[0] not in METHODS:
        raise rejected("bad-value-proof")
    return octets[0], int.from_bytes(octets[1:], "big")


def parse_at(octets):
    msp, rest = parse_name(octets, "at")
    cursor = Cursor(rest, "bad-value-at")
    rank, tags = cursor.number(2), []
    for _ in range(cursor.number(1)):
        tag = cursor.take(cursor.number(1))
        if not re.fullmatch(rb"[a-z0-9-]{1,32}", tag) or (tags and tags[-1] >= tag):
            raise rejected("bad-value-at")
        tags.append(tag)
    key = cursor.rest()
    return {"msp": msp, "rank": rank, "tags": tags, "key": parse_key(key, "at") if key else b""}


PARSERS = {
    1: lambda octets: parse_name(octets, "issuer"),
    2: lambda octets: parse_key(octets, "holder-key"),
    3: lambda octets: parse_sized(octets, 32, "holder"),
    4: parse_proof,
    6: lambda octets: int.from_bytes(parse_sized(octets, 8, "consent"), "big"),
}


# ---- Endpoints, §5.5


def parse_endpoint(octets, issuer):
    fault = "endpoint-malformed"
    if len(octets) < 6:
        raise rejected(fault)
    rtype, rdata = int.from_bytes(octets[:2], "big"), octets[2:]
    if rtype == dns.rdatatype.NAPTR:
        uri = naptr_uri(rdata, fault)
    elif rtype == dns.rdatatype.URI:
        uri = rdata[4:]
    else:
        raise rejected("endpoint-type")
    host = uri_host(uri)
    if not dns.name.from_text(host).is_subdomain(issuer):
        raise rejected("endpoint-outside-issuer")
    return rtype, rdata


def naptr_uri(rdata, fault):
    try:
        naptr = dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.NAPTR, rdata, 0, len(rdata))
    except dns.exception.DNSException:
        raise rejected(fault) from None
    if naptr.order != 100:
        raise rejected("endpoint-order")
    if naptr.flags != b"U":
        raise rejected("endpoint-flags")
    if not re.fullmatch(rb"x-mimi:[a-z][a-z0-9+.-]{0,31}", naptr.service):
        raise rejected("endpoint-service")
    regexp = re.fullmatch(rb"!\.\*!([^!]*)!", naptr.regexp)
    if not regexp:
        raise rejected("endpoint-regexp")
    if naptr.replacement != dns.name.root:
        raise rejected("endpoint-replacement")
    return regexp[1]


def uri_host(uri):
    character = rb"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})"
    parts = re.fullmatch(rb"([a-z][a-z0-9+.-]*):(" + character + rb"+)", uri)
    if not parts:
        raise rejected("endpoint-uri")
    scheme, rest = parts.groups()
    if scheme in (b"sip", b"sips", b"xmpp"):
        found = re.fullmatch(rb"[^@/?#]+@([^@/?#;]+)(?:[/?#;][^@]*)?", rest)
    else:
        found = re.fullmatch(rb"//([^/?#@]+)(?:[/?#].*)?", rest)
    if not found:
        raise rejected("endpoint-no-host")
    host = re.fullmatch(rb"([a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*)(?::([1-9][0-9]{0,4}))?", found[1])
    if not host or int(host[2] or 0) > 65535:
        raise rejected("endpoint-host")
    if re.search(rb"(^|\.)([0-9]+|0x[0-9a-f]*)$", host[1]):
        raise rejected("endpoint-host")
    return host[1].decode()


# ---- Time, key, signature


def check_time(statement, now):
    inception, expiration = statement["inception"], statement["expiration"]
    if inception > now + 300:
        raise rejected("not-yet-valid")
    if now >= expiration:
        raise rejected("expired")
    if inception >= expiration:
        raise rejected("inverted")
    if expiration - inception > LIFETIMES[statement["kind"]]:
        raise rejected("too-long")


def to_be_signed(key, identifier, unsigned):
    key_hash = hashlib.sha256(b"\x0f" + key).digest()
    identifier = identifier.encode()
    return b"MIMISIG-1\0" + b"\x0f" + key_hash + struct.pack(">H", len(identifier)) + identifier + unsigned


def judge(vector):
    key, rdata = bytes.fromhex(vector["public_key"]), bytes.fromhex(vector["rdata"])
    statement = parse(rdata)
    message = to_be_signed(key, vector["identifier"], statement["unsigned"])
    assert message.hex() == vector["to_be_signed"], "octets to be signed"
    assert present(statement) == vector["presentation"], f"presentation form: {present(statement)}"
    check_time(statement, vector["now"])
    point = decode_point(key)
    if point is None:
        raise rejected("key-not-canonical")
    if is_small(point):
        raise rejected("key-small-order")
    key_hash = hashlib.sha256(b"\x0f" + key).digest()
    if statement["key_id"] != key_hash[:8]:
        raise rejected("other-key")
    if statement["kind"] == 3 and statement["values"][3] != key_hash:
        raise rejected("other-holder")
    verify_ed25519(key, message, statement["signature"])
    return "verified"


# ---- Presentation form


def present(statement):
    words = [KINDS[statement["kind"]], present_time(statement["inception"]), present_time(statement["expiration"])]
    words += [present_parameter(key, octets) for key, octets in statement["parameters"]]
    words += ["15", statement["key_id"].hex(), base64.b64encode(statement["signature"]).decode()]
    return " ".join(words)


def present_time(seconds):
    if seconds > 253402300799:
        return f"{seconds:020}"
    days, second = divmod(seconds, DAY)
    # Days to a date by counting years and months: slow, and plainly right.
    year = 1970
    while days >= 365 + is_leap(year):
        days -= 365 + is_leap(year)
        year += 1
    months = [31, 28 + is_leap(year), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    month = 0
    while days >= months[month]:
        days -= months[month]
        month += 1
    return f"{year:04}{month + 1:02}{days + 1:02}{second // 3600:02}{second // 60 % 60:02}{second % 60:02}"


def is_leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def present_key(octets):
    return f"{octets[0]}:{base64.b64encode(octets[1:]).decode()}"


def present_parameter(key, octets):
    if key not in NAMES:
        return f"param{key}={octets.hex()}"
    if key == 1:
        value = parse_name(octets, "issuer").to_text()
    elif key == 2:
        value = present_key(octets)
    elif key == 3:
        value = octets.hex()
    elif key == 4:
        method, time = parse_proof(octets)
        value = f"{METHODS[method]},{present_time(time)}"
    elif key == 5:
        rtype, rdata = int.from_bytes(octets[:2], "big"), octets[2:]
        text = dns.rdata.from_wire(dns.rdataclass.IN, rtype, rdata, 0, len(rdata)).to_text()
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        value = f'"{dns.rdatatype.to_text(rtype)} {quoted}"'
    elif key == 6:
        value = present_time(int.from_bytes(octets, "big"))
    else:
        at = parse_at(octets)
        parts = [at["msp"].to_text(), str(at["rank"])]
        parts += [b",".join(at["tags"]).decode()] if at["tags"] else []
        parts += [present_key(at["key"])] if at["key"] else []
        value = '"' + " ".join(parts) + '"'
    return f"{NAMES[key]}={value}"


# ---- Owner names, §3 and §4


def owner_name(vector):
    """None where Argon2 is not here."""
    tags = dict(part.strip().split("=", 1) for part in vector["parameters"].split(";"))
    salt, identifier = bytes.fromhex(tags["salt"]), vector["identifier"].encode()
    if tags["hash"] == "sha256":
        prk = hmac.digest(salt, identifier, "sha256")
    elif argon2:
        cost = {"time_cost": int(tags["t"]), "memory_cost": int(tags["m"]), "parallelism": int(tags["p"])}
        prk = argon2.hash_secret_raw(
            identifier, salt, hash_len=32, type=argon2.Type.ID, version=0x13, **cost
        )
    else:
        return None
    # HKDF-Expand of RFC 5869, one block.
    octets = hmac.digest(prk, b"mimi1 name\x01", "sha256")
    text = base64.b32hexencode(octets).decode().lower().rstrip("=")
    shard = int(tags.get("shard", "0"))
    labels = [text[shard:], text[:shard]] if shard else [text]
    return ".".join(labels + [vector["apex"]])


def main():
    here = pathlib.Path(__file__).resolve().parent / "data"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here
    wrong = left_out = 0
    statements = json.loads((folder / "statements.json").read_text())
    for vector in statements:
        try:
            verdict = judge(vector)
        except Verdict as found:
            verdict = str(found)
        except AssertionError as error:
            verdict = f"differs in {error}"
        if verdict != vector["verdict"]:
            wrong += 1
            print(f"{vector['name']}: {verdict}, not {vector['verdict']}")
    names = json.loads((folder / "names.json").read_text())
    for vector in names:
        owner = owner_name(vector)
        left_out += owner is None
        if owner not in (None, vector["owner"]):
            wrong += 1
            print(f"{vector['parameters']} {vector['identifier']}: {owner}, not {vector['owner']}")
    print(f"{len(statements)} statements and {len(names)} names, {wrong} wrong, {left_out} left out")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
