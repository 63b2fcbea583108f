# SPDX-License-Identifier: Apache-2.0
"""
An issuer whose documents are correct, but whose transport is not: TLS, redirects, encodings, media types, speed,
header sizes. Also keys that change, are repeated or are too many. Without Traefik, which is not involved here.
"""

import gzip
import itertools
import operator
import re
import socket
import ssl
import threading
import time
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from rig.ca import Authority, Server, allow_old_versions, mail
from rig.flow import Flow, log_in
from rig.issuer import Answer, endless, json_answer
from rig.keys import Key
from rig.process import wait_for
from rig.raw import Asker

SETTINGS = {"policies": {"default": "authenticated"}, "username_claim": "sub", "userinfo": True, "threads": 1}
JSON = {"Content-Type": "application/json"}
DOCUMENTS = ("discovery", "keys")
EXCHANGES = ("token", "userinfo")
DEADLINE_S = 8  # of a call to the issuer
MEMORY_MAX_KIB = 128 * 1024


@pytest.fixture
def issuer(make_issuer):
    return make_issuer(keys=[Key("ES256")])


@pytest.fixture
def start(make_sallyport):
    def start(issuer, **options):
        return make_sallyport(SETTINGS, issuer=issuer, **options)

    return start


def login_at(sallyport, issuer):
    """The last answer of one login, begun without a cookie, and the session cookie."""
    with Asker(sallyport.listen) as asker:
        flow = Flow(asker, issuer, uri="/x")
        begun = flow.begin()
        if not flow.asked.startswith(issuer.url):
            return begun, ""
        flow.authorize()
        return flow.complete(), flow.session


def assert_refused(case, sallyport, issuer, *reasons):
    answer, session = login_at(sallyport, issuer)
    assert answer.reason in reasons and answer.status >= 400 and not session, (case, answer.bytes[:300])
    assert sallyport.running(), case


def assert_begins_nothing(case, sallyport, issuer, document="discovery"):
    """A truncated response is a document too, but one that cannot be used."""
    assert_refused(case, sallyport, issuer, "issuer_unavailable", "issuer_unusable")
    assert issuer.questions("authorize") == [] and issuer.questions("token") == [], case
    assert sallyport.events("issuer_failed")[0]["document"] == document, case


def assert_well(sallyport, issuer):
    issuer.on.clear()
    answer, session = login_at(sallyport, issuer)
    assert answer.reason == "signed_in" and session, answer
    assert memory_kib(sallyport) < MEMORY_MAX_KIB


def memory_kib(sallyport):
    """The peak memory of the process."""
    status = Path(f"/proc/{sallyport.pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])


# ---- TLS ----------------------------------------------------------------------------------------------


HOST = "issuer.localhost"


def servers(rig, folder):
    """Servers that are not the issuer, or use insecure TLS; the last one is the issuer."""
    stranger = Authority(folder, [HOST])

    def server(name, hosts=(HOST,), **faults):
        place = folder / name
        place.mkdir()
        return rig.authority.server(place, hosts, **faults)

    return {
        "another name": server("another", ["other.localhost"]),
        "the name with more before it": server("before", [f"x.{HOST}"]),
        "the name with more after it": server("after", [f"{HOST}.evil.test"]),
        "a wildcard of one label": server("wildcard", ["*.localhost.evil.test", "*"]),
        "expired": server("expired", begins_h=-48, ends_h=-1),
        "not yet valid": server("early", begins_h=1),
        "signed by itself": server("self", self_signed=True),
        "a common name alone": server("nameless", names=[]),
        "the name of no host": server("mail", names=[mail(f"dex@{HOST}")]),
        "another authority": Server(stranger.cert_file, stranger.key_file),
        "TLS 1.0": Server(rig.authority.cert_file, rig.authority.key_file, ssl.TLSVersion.TLSv1),
        "TLS 1.1": Server(rig.authority.cert_file, rig.authority.key_file, ssl.TLSVersion.TLSv1_1),
    }


@pytest.fixture
def old_versions():
    """Python warns of TLS 1.0 and 1.1, which are intended here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def version_spoken(issuer, authority):
    context = authority.client_context()
    allow_old_versions(context)
    with socket.create_connection(("127.0.0.1", issuer.port), 10) as plain:
        with context.wrap_socket(plain, server_hostname=HOST) as connection:
            return connection.version()


def test_ac_24_an_issuer_that_does_not_prove_its_name_is_asked_nothing(
    rig, start, make_issuer, tmp_path, old_versions
):
    for name, server in servers(rig, tmp_path).items():
        impostor = make_issuer(authority=server, keys=[Key("ES256")])
        if name.startswith("TLS"):
            assert version_spoken(impostor, rig.authority) == {"TLS 1.0": "TLSv1", "TLS 1.1": "TLSv1.1"}[name]
        sallyport = start(impostor)
        assert_begins_nothing(name, sallyport, impostor)
        assert impostor.asked == [], name
        is_nameless = name in ("a common name alone", "the name of no host")
        detail = sallyport.events("issuer_failed")[0]["detail"]
        assert ("no subject alternative name" in detail) == is_nameless, (name, detail)
        sallyport.stop()


def test_a_byte_order_mark_before_the_certificates_of_the_issuer_is_skipped(
    rig, make_sallyport, make_issuer, tmp_path
):
    issuer = make_issuer(keys=[Key("ES256")], authority=rig.authority)
    marked = tmp_path / "ca.pem"
    marked.write_bytes(b"\xef\xbb\xbf" + rig.authority.ca_file.read_bytes())
    assert_well(make_sallyport({**SETTINGS, "issuer_ca_file": str(marked)}, issuer=issuer), issuer)


def test_ac_24_a_plain_listener_is_no_tls_and_the_other_way_round(rig, start, make_issuer):
    plain = make_issuer(keys=[Key("ES256")])
    secure = make_issuer(keys=[Key("ES256")], authority=rig.authority)
    assert_well(start(secure), secure)
    for issuer in (plain, secure):
        issuer.asked.clear()
    plain.url = plain.url.replace("http://127.0.0.1", f"https://{HOST}")
    secure.url = secure.url.replace("https://", "http://")
    for issuer in (plain, secure):
        sallyport = start(issuer)
        assert_begins_nothing(issuer.url, sallyport, issuer)
        assert issuer.asked == []


def test_ac_24_no_secret_goes_to_an_endpoint_that_does_not_prove_its_name(rig, start, make_issuer, tmp_path):
    """Discovery and keys are the issuer's own; only the endpoints for code and tokens are on another server."""
    faults = {"self": {"self_signed": True}, "expired": {"begins_h": -48, "ends_h": -1}, "name": {}}
    for name, fault in faults.items():
        (tmp_path / name).mkdir()
        hosts = ["other.localhost"] if name == "name" else [HOST]
        other = make_issuer(authority=rig.authority.server(tmp_path / name, hosts, **fault))
        for endpoint in EXCHANGES:
            issuer = make_issuer(authority=rig.authority, keys=[Key("ES256")])
            issuer.metadata = {f"{endpoint}_endpoint": f"{other.url}/{endpoint}"}
            sallyport = start(issuer)
            assert_refused((name, endpoint), sallyport, issuer, "issuer_unavailable")
            assert other.asked == [], (name, endpoint)
            sallyport.stop()


# ---- every endpoint, one kind of response after the other ------------------------------------------------


def honest_bytes(issuer, question):
    return issuer.honest(question).body


def assert_each_refused(start, issuer, answers, *reasons):
    """
    Uses each of `answers` (functions of the correct bytes that return an Answer) at each endpoint in turn. The
    documents need a separate start; the exchanges use one sallyport, where a correct login works afterwards.
    """
    for (title, make), endpoint in itertools.product(answers.items(), DOCUMENTS):
        issuer.on = {endpoint: lambda question, make=make: make(honest_bytes(issuer, question))}
        sallyport = start(issuer)
        assert_begins_nothing((title, endpoint), sallyport, issuer, endpoint)
        assert memory_kib(sallyport) < MEMORY_MAX_KIB, (title, endpoint)
        sallyport.stop()
    issuer.on.clear()
    sallyport = start(issuer)
    for (title, make), endpoint in itertools.product(answers.items(), EXCHANGES):
        issuer.on = {endpoint: lambda question, make=make: make(honest_bytes(issuer, question))}
        assert_refused((title, endpoint), sallyport, issuer, *reasons)
        assert memory_kib(sallyport) < MEMORY_MAX_KIB, (title, endpoint)
    assert_well(sallyport, issuer)


def test_ac_24_no_endpoint_redirects_us(start, issuer):
    places = (
        f"{issuer.url}/elsewhere",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:169.254.169.254]/",
        "file:///etc/passwd",
        f"gopher://127.0.0.1:{issuer.port}/_GET%20/issuer/elsewhere",
        f"//127.0.0.1:{issuer.port}/issuer/elsewhere",
    )
    answers = {
        (status, place): lambda bytes, status=status, place=place: Answer(
            status, bytes, {**JSON, "Location": place}
        )
        for place, status in zip(places, (302, 301, 303, 307, 308, 300))
    }
    refresh = {**JSON, "Refresh": f"0; url={issuer.url}/elsewhere"}
    answers["refresh"] = lambda bytes: Answer(204, b"", refresh)
    assert_each_refused(start, issuer, answers, "token_invalid")
    assert issuer.questions("other") == []


def packed(bytes, times, pack):
    for _ in range(times):
        bytes = pack(bytes)
    return bytes


def bombs():
    """64 MiB of white space, compressed once and twice, and damaged compressed data."""
    white = b" " * (64 << 20)
    squeezed = {"gzip": gzip.compress(white), "deflate": zlib.compress(white)}
    twice = gzip.compress(squeezed["gzip"])

    def answer(encoding, bytes):
        return Answer(200, bytes, {**JSON, "Content-Encoding": encoding})

    return {
        "gzip": lambda bytes: answer("gzip", squeezed["gzip"]),
        "deflate": lambda bytes: answer("deflate", squeezed["deflate"]),
        "gzip in gzip": lambda bytes: answer("gzip, gzip", twice),
        "gzip, cut off": lambda bytes: answer("gzip", gzip.compress(bytes)[:-12]),
        "gzip that is none": lambda bytes: answer("gzip", bytes),
        "deflate that is none": lambda bytes: answer("deflate", bytes),
        "an unknown encoding": lambda bytes: answer("x-own", bytes),
        "many encodings": lambda bytes: answer(", ".join(["gzip"] * 100), bytes),
    }


def test_ac_24_nothing_is_unpacked_beyond_the_ceiling(start, issuer):
    assert_each_refused(start, issuer, bombs(), "issuer_unavailable", "token_invalid")


def test_an_answer_may_be_packed(start, issuer):
    sallyport = start(issuer)
    for encoding, pack in (("gzip", gzip.compress), ("deflate", zlib.compress)):
        for endpoint in EXCHANGES:
            issuer.on[endpoint] = lambda question, encoding=encoding, pack=pack: Answer(
                200, pack(honest_bytes(issuer, question)), {**JSON, "Content-Encoding": encoding}
            )
        answer, session = login_at(sallyport, issuer)
        assert answer.reason == "signed_in" and session, (encoding, answer)


def test_ac_24_a_media_type_is_not_judged_where_json_parses(start, issuer):
    sallyport = start(issuer)
    for media in (None, "", "text/html", "text/plain", "application/jsonp", "multipart/form-data; boundary=x", "*/*"):
        headers = {} if media is None else {"Content-Type": media}
        issuer.on = {
            endpoint: lambda question, headers=headers: Answer(200, honest_bytes(issuer, question), headers)
            for endpoint in EXCHANGES
        }
        assert login_at(sallyport, issuer)[0].reason == "signed_in", media
        for endpoint in EXCHANGES:
            issuer.on = {endpoint: lambda question, headers=headers: Answer(200, b"<html>{}</html>", headers)}
            assert_refused((media, endpoint), sallyport, issuer, "token_invalid")
    signed = {"Content-Type": "application/jwt"}
    issuer.on = {"userinfo": lambda question: Answer(200, honest_bytes(issuer, question), signed)}
    assert_refused("signed", sallyport, issuer, "token_invalid")
    assert_well(sallyport, issuer)


# ---- heads and lengths --------------------------------------------------------------------------------


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"


def heads():
    """Responses, byte by byte, that clients may fail on or read differently."""

    def answer(*chunks):
        return Answer(0, chunks)

    def with_length(bytes, length):
        return answer(HEAD, b"Content-Length: %d\r\n\r\n" % length, bytes)

    def chunked(*chunks):
        return answer(HEAD, b"Transfer-Encoding: chunked\r\n\r\n", *chunks)

    fields = itertools.repeat(b"X-More: " + b"x" * 9000 + b"\r\n")
    white = endless(b" " * 65536)
    return {
        "nothing": lambda bytes: answer(),
        "no head": lambda bytes: answer(bytes),
        "another protocol": lambda bytes: answer(b"SSH-2.0-OpenSSH_9\r\n"),
        "no status": lambda bytes: answer(b"HTTP/1.1 OK\r\n\r\n", bytes),
        "a status of 99": lambda bytes: answer(HEAD.replace(b"200", b"099"), b"\r\n", bytes),
        "a head without end": lambda bytes: Answer(0, itertools.chain([HEAD], fields)),
        "a field without end": lambda bytes: Answer(0, itertools.chain([HEAD, b"X-Long: "], endless())),
        "a longer length": lambda bytes: with_length(bytes, len(bytes) + 1),
        "a length of 4 GiB": lambda bytes: with_length(bytes, 1 << 32),
        "a shorter length": lambda bytes: with_length(bytes, len(bytes) - 1),
        "a negative length": lambda bytes: with_length(bytes, -1),
        "chunks that are none": chunked,
        "a chunk beyond all": lambda bytes: chunked(b"f" * 18 + b"\r\n", bytes),
        "chunks without end": lambda bytes: chunked(b"%x\r\n" % len(bytes), bytes, b"\r\n"),
        "a body without end": lambda bytes: Answer(200, endless(), JSON),
        "white space without end": lambda bytes: Answer(200, itertools.chain([bytes], white), JSON),
        "partial content": lambda bytes: Answer(206, bytes, JSON),
        "not modified": lambda bytes: Answer(304, b"", JSON),
        "no content": lambda bytes: Answer(204, b"", JSON),
        "created": lambda bytes: Answer(201, bytes, JSON),
    }


def test_ac_24_no_head_and_no_length_deceives(start, issuer):
    assert_each_refused(start, issuer, heads(), "issuer_unavailable", "token_invalid")


# ---- deadlines ----------------------------------------------------------------------------------------


def slowly(bytes):
    """One byte at a time, so slowly that it would take a minute."""
    for i in range(len(bytes)):
        yield bytes[i : i + 1]
        time.sleep(60 / len(bytes))


def silently():
    """Sends nothing for a minute."""
    for _ in range(600):
        yield b""
        time.sleep(0.1)


def interim():
    """Sends interim responses for a minute."""
    for _ in range(600):
        yield b"HTTP/1.1 103 Early Hints\r\n\r\n"
        time.sleep(0.1)


SLOW = {
    "a body in drops": lambda bytes: Answer(200, slowly(bytes), JSON),
    "a head in drops": lambda bytes: Answer(0, itertools.chain(slowly(HEAD + b"\r\n"), [bytes])),
    "promises": lambda bytes: Answer(0, interim()),
    "silence": lambda bytes: Answer(0, silently()),
}


def take_too_long(issuer, sallyport, endpoint):
    """The seconds that a login waited for `endpoint`; it is refused in the end."""
    begun = time.monotonic()
    if endpoint in DOCUMENTS:
        assert sallyport.wait_for_event("issuer_failed", deadline_s=DEADLINE_S + 4)["document"] == endpoint
    assert_refused(endpoint, sallyport, issuer, "issuer_unavailable")
    return time.monotonic() - begun


def test_ac_24_no_endpoint_holds_us_longer_than_the_deadline(make_sallyport, make_issuer):
    """All in parallel, because each takes its whole time."""
    waiting = []
    with ThreadPoolExecutor(len(SLOW) * 4) as pool:
        for (title, make), endpoint in itertools.product(SLOW.items(), DOCUMENTS + EXCHANGES):
            issuer = make_issuer(keys=[Key("ES256")])
            issuer.on[endpoint] = lambda question, make=make, issuer=issuer: make(
                honest_bytes(issuer, question)
            )
            sallyport = make_sallyport(SETTINGS, issuer=issuer, waits=endpoint not in DOCUMENTS)
            waiting.append((title, endpoint, pool.submit(take_too_long, issuer, sallyport, endpoint)))
        for title, endpoint, future in waiting:
            assert DEADLINE_S - 2 < future.result() < DEADLINE_S + 3, (title, endpoint, future.result())


# ---- keys ---------------------------------------------------------------------------------------------


def test_ac_22_keys_of_one_id_are_tried_and_nobody_elses(start, issuer):
    first, second, stranger = Key("ES256"), Key("ES256"), Key("ES256")
    issuer.on["keys"] = lambda _: json_answer({"keys": [first.jwk(), second.jwk(), Key("RS256").jwk()]})
    sallyport = start(issuer)
    for signer in (first, second):
        issuer.keys[:] = [signer]
        assert login_at(sallyport, issuer)[0].reason == "signed_in"
    issuer.keys[:] = [stranger]
    assert_refused("a stranger", sallyport, issuer, "token_invalid")


def test_ac_22_no_key_of_another_kind_stands_in_for_the_one_named(start, issuer):
    """The token is signed correctly with a key that the set has in another form, or next to a valid one."""
    signer, honest = Key("ES256", "signer"), issuer.keys[0]
    shapes = {
        "another curve": signer.jwk(crv="P-384", alg=None),
        "another type": signer.jwk(kty="RSA", alg=None),
        "a secret": {"kty": "oct", "k": "c2VjcmV0", "kid": "signer", "alg": "HS256"},
        "another algorithm": signer.jwk(alg="ES384"),
        "for encryption": signer.jwk(use="enc"),
        "a private one": signer.jwk(d=signer.jwk()["x"]),
        "a coordinate too short": signer.jwk(x=signer.jwk()["x"][:-4]),
        "a coordinate too long": signer.jwk(x="BBBB" + signer.jwk()["x"]),
        "off its curve": signer.jwk(x=signer.jwk()["y"]),
        "the origin": signer.jwk(x="A" * 43, y="A" * 43),
        "another's id": signer.jwk(kid="somebody"),
    }
    for name, jwk in shapes.items():
        issuer.keys[:] = [signer]
        issuer.on["keys"] = lambda _, jwk=jwk: json_answer({"keys": [honest.jwk(), jwk]})
        sallyport = start(issuer)
        assert_refused(name, sallyport, issuer, "token_invalid")
        issuer.keys[:] = [honest]
        assert login_at(sallyport, issuer)[0].reason == "signed_in", name
        sallyport.stop()


def test_ac_23_keys_may_change_while_many_log_in(make_sallyport, issuer):
    """Two rotations in which the old keys remain in the set, as usual: no user notices, and there are three fetches."""
    sallyport = make_sallyport({**SETTINGS, "threads": 4}, issuer=issuer)
    counts = [0] * 8
    stop = threading.Event()

    def log_in_again_and_again(number):
        with Asker(sallyport.listen) as asker:
            while not stop.is_set():
                log_in(asker, issuer)
                counts[number] += 1

    def wait_for_logins(clients):
        """Two more of each client, the second begun from now on; or the failure of one."""
        enough = [count + 2 for count in counts]
        wait_for(
            lambda: any(client.done() for client in clients) or all(map(operator.ge, counts, enough)),
            "logins of all clients",
        )

    with ThreadPoolExecutor(len(counts)) as pool:
        clients = [pool.submit(log_in_again_and_again, number) for number in range(len(counts))]
        try:
            for number in range(2):
                wait_for_logins(clients)
                issuer.keys[:] = [Key("ES256", f"new-{number}"), *issuer.keys]
            wait_for_logins(clients)
        finally:
            stop.set()
        for client in clients:
            client.result()
    assert len(issuer.questions("keys")) == 3


def test_ac_23_a_flood_of_unknown_keys_fetches_the_keys_a_few_times(start, issuer):
    sallyport = start(issuer)
    for number in range(100):
        issuer.header = {"kid": f"nobody-{number}"}
        assert_refused(number, sallyport, issuer, "token_invalid", "issuer_unavailable")
    assert len(issuer.questions("keys")) <= 4
    issuer.header = {}
    assert_well(sallyport, issuer)


def test_ac_24_a_key_set_of_thousands_is_refused_whole(start, issuer):
    small = Key("EdDSA")
    issuer.on["keys"] = lambda _: json_answer({"keys": [small.jwk(kid=f"k{n}") for n in range(65)]})
    assert_begins_nothing("65 keys", start(issuer), issuer, "keys")
