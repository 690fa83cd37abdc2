# SPDX-License-Identifier: Apache-2.0
"""`enarx deploy` to a host that lies (hostile_agent.py): whatever it does, nothing comes of
it but a message, and nothing of the workload was there for it to read."""

import base64
import json
import os
import re
import socket
import subprocess
import tempfile
import time

import pytest

from agent import Agent, until
from hostile_agent import HostileAgent, server_context
from relay import Records, Tamper, in_background, relay

MARKER = "U2VjcmV0-marker-of-a-workload"
ALPN = "enarx-keep/1"


@pytest.fixture(scope="module")
def agent(enarx):
    with Agent(enarx) as agent:
        yield agent


@pytest.fixture
def hostile(agent, tmp_path):
    """hostile(CLASS): a liar of that kind before the agent."""
    made = []

    def start(kind, *words):
        made.append(kind(agent, tmp_path, *words))
        return made[-1]

    yield start
    for each in made:
        each.stop()
        assert MARKER.encode() not in each.seen
        assert b"/v1/keeps" in each.seen  # it would have been seen
    for keep in agent.list():
        if keep["state"] != "ended":
            agent.end(keep)


@pytest.fixture
def deploy(enarx, tool, tmp_path, request):
    """deploy(HOST): the marker as argument, variable, secret, file and its name, input."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / MARKER).write_text(MARKER)

    def run(host, *options, backend="nil", timeout=90, words_of_it=("args", MARKER)):
        words = ["--to", host.address, "--backend", backend]
        if backend == "nil":
            words.append("--allow-insecure")
        else:
            root = request.getfixturevalue("simulation") / "root.pem"
            words.append(f"--allow-simulated={root}")
        words += ["--env", f"MARKED={MARKER}", "--secret", f"SECRET={MARKER}"]
        words += ["--dir", f"{folder}::/files", *options, tool, *words_of_it]
        return enarx("deploy", *words, input=MARKER, timeout=timeout)

    return run


def failed(result, status=1):
    """It says why, and has no other word of the program's."""
    assert result.status in (status if isinstance(status, tuple) else (status,)), repr(result)
    assert result.out == "", repr(result)
    last = result.lines[-1]
    assert last.startswith("enarx: ") and len(last) > 20, repr(result)
    assert re.fullmatch(r"[\x20-\x7e]*", "".join(result.lines)), repr(result)
    return result


# ---- as it should be ----


@pytest.mark.parametrize("kind", ["nil", "sgx-sim"])
def test_one_that_only_looks_sees_nothing(hostile, deploy, kind):
    host = hostile(HostileAgent)
    result = deploy(host, backend=kind)
    assert result.status == 0 and MARKER in result.out, repr(result)
    assert len(host.seen) > 10000


# ---- what it answers ----


class Answering(HostileAgent):
    """To what creates a keep: `reply(handler, keep)`, which writes what it likes."""

    def __init__(self, agent, folder, reply):
        super().__init__(agent, folder)
        self.reply = reply

    def answer(self, handler, status, body):
        if handler.command == "POST":
            self.reply(handler, body)
            handler.close_connection = True
        else:
            handler.reply(status, body)


def changed(**changes):
    """The keep, but for these."""
    return lambda handler, keep: handler.reply(201, {**keep, **changes})


def without(name):
    return lambda handler, keep: handler.reply(201, {k: v for k, v in keep.items() if k != name})


def body(data, status=201, kind="application/json"):
    return lambda handler, keep: handler.reply(status, data, kind)


def raw(data):
    def reply(handler, keep):
        handler.wfile.write(data)

    return reply


def endless(first, more):
    def reply(handler, keep):
        handler.wfile.write(first)
        while True:  # until the client has enough
            handler.wfile.write(more)

    return reply


def drip(data, seconds):
    def reply(handler, keep):
        for byte in data:
            handler.wfile.write(bytes([byte]))
            time.sleep(seconds)

    return reply


OK = b"HTTP/1.1 201 Created\r\n"
ANSWERS = {
    "nothing": raw(b""),
    "no HTTP": raw(b"\x00" * 64),
    "another protocol": raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "half a head": raw(OK + b"Content-Le"),
    "half a body": raw(OK + b"Content-Length: 1000\r\n\r\n{\"id\""),
    "an endless head": endless(OK, b"X-Filler: " + b"x" * 4096 + b"\r\n"),
    "an endless line": endless(OK + b"X-Filler: ", b"x" * 4096),
    "an endless body": endless(OK + b"Content-Length: 99999999999\r\n\r\n", b" " * 65536),
    "an endless chunked body": endless(
        OK + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b" " * 65536 + b"\r\n"
    ),
    "a size that is none": raw(OK + b"Content-Length: -1\r\n\r\n{}"),
    "two sizes": raw(OK + b"Content-Length: 2\r\nContent-Length: 900\r\n\r\n{}"),
    "no JSON": body(b"<html>"),
    "no object": body([1, 2, 3]),
    "nothing in it": body({}),
    "a number": body(b"1e999999"),
    "half of it": body(b'{"id": "k0123456789abcdef", "backend": "sgx'),
    "JSON without end": body(b"[" * 1000000),
    "a name twice": body(b'{"id": "k0123456789abcdef", "id": "k0123456789abcdee"}'),
    "no UTF-8": body(b'{"id": "\xff\xfe"}'),
    "no id": without("id"),
    "an id that is a number": changed(id=7),
    "an empty id": changed(id=""),
    "an id that is a path": changed(id="../../v1/platform"),
    "an id with a second request": changed(id="x HTTP/1.1\r\nHost: y\r\n\r\nGET /"),
    "an id without end": changed(id="k" * 1000000),
    "an id with an end": changed(id="k1\u0000"),
    "another's id": changed(id="kffffffffffffffff"),
    "200": body({}, 200),
    "204": body(b"", 204),
    "redirected": raw(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: https://127.0.0.1:1/\r\n"
                      b"Content-Length: 0\r\n\r\n"),
    "an error": body({"error": "no room for more keeps: try later"}, 503),
    "an error that is none": body(b"\x1b[2Jboo", 500, "text/plain"),
    "an error for the terminal": body({"error": "\x1b]0;owned\x07\x1b[2J" + "x" * 100000}, 500),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer(hostile, deploy, name):
    start = time.monotonic()
    failed(deploy(hostile(Answering, ANSWERS[name])))
    assert time.monotonic() - start < 60


def test_an_answer_that_drips(hostile, deploy):
    """A byte at a time is not for ever."""
    host = hostile(Answering, drip(OK + b"Content-Length: 100000\r\n\r\n" + b" " * 2000, 0.1))
    failed(deploy(host, timeout=180))


def test_what_it_says_of_the_keep_does_not_matter(hostile, deploy):
    """Evidence does."""
    lies = changed(measurement="11" * 32, confidential=True, state="ended", created="never",
                   uptime_seconds=-1, log=["\x1b[2J"], failure="\x1b[2J")
    result = deploy(hostile(Answering, lies), backend="sgx-sim")
    assert result.status == 0 and MARKER in result.out and "\x1b" not in result.err, repr(result)


def test_no_agent_at_all(deploy, tmp_path):
    class Nobody:
        address = "127.0.0.1:1"

    failed(deploy(Nobody)).refused("127.0.0.1:1")


# ---- which keep it gives ----


class Swapping(HostileAgent):
    """A nil keep under whatever name was asked for."""

    def ask(self, method, path, body):
        if method != "POST":
            return super().ask(method, path, body)
        asked = json.loads(body)["backend"]
        status, keep = super().ask(method, path, json.dumps({"backend": "nil"}))
        real = self.agent.create(asked) if asked != "sgx" else {}
        lies = {"backend": asked, "confidential": True}
        return status, {**real, **keep, **lies, "collateral": real.get("collateral", {})}


@pytest.mark.parametrize("kind", ["sgx", "sgx-sim"])
def test_a_process_under_the_name_of_an_enclave(hostile, deploy, kind):
    failed(deploy(hostile(Swapping), backend=kind), status=3)


# ---- collateral ----


class Publishing(HostileAgent):
    """Passes collateral through `change(files)`, a dictionary of bytes."""

    def __init__(self, agent, folder, change):
        super().__init__(agent, folder)
        self.change = change

    def answer(self, handler, status, body):
        if handler.command == "POST":
            files = {n: base64.b64decode(t) for n, t in body["collateral"].items()}
            self.change(files)
            told = {n: base64.b64encode(c).decode() for n, c in files.items()}
            body = {**body, "collateral": told}
        handler.reply(status, body)


def lacking(name):
    return lambda files: files.pop(name)


def flipped(name):
    def change(files):
        middle = len(files[name]) // 2
        files[name] = files[name][:middle] + b"\x01" + files[name][middle + 1 :]

    return change


def text(name, old, new):
    def change(files):
        assert old.encode() in files[name]
        files[name] = files[name].replace(old.encode(), new.encode())

    return change


def swapped(one, other):
    def change(files):
        files[one], files[other] = files[other], files[one]

    return change


COLLATERAL = {
    **{f"no {name}": lacking(name) for name in (
        "tcb_info.json", "qe_identity.json", "tcb_signing_chain.pem", "pck_crl.der",
        "root_ca_crl.der")},
    **{f"damaged {name}": flipped(name) for name in (
        "tcb_info.json", "qe_identity.json", "tcb_signing_chain.pem", "pck_crl.der",
        "root_ca_crl.der")},
    "none": lambda files: files.clear(),
    "a TCB that is said to be better": text("tcb_info.json", "UpToDate", "UpToDate "),
    "one file for the other": swapped("tcb_info.json", "qe_identity.json"),
    "a file too large": lambda files: files.update({"tcb_info.json": b" " * (8 << 20)}),
}


@pytest.mark.parametrize("name", COLLATERAL)
def test_collateral(hostile, deploy, name):
    result = deploy(hostile(Publishing, COLLATERAL[name]), backend="sgx-sim")
    failed(result, status=(1, 3) if "too large" in name else 3)


@pytest.mark.parametrize("told", [[1], {"tcb_info.json": "%%%"}, {"tcb_info.json": 7}, "x", None])
def test_collateral_that_is_none(hostile, deploy, told):
    result = deploy(hostile(Answering, changed(collateral=told)), backend="sgx-sim")
    failed(result, status=(1, 3))


def signed_anew(enarx, name, member, change):
    """As the simulation itself would publish it, but for what `change` does to it."""
    pem = (enarx.home / "state/enarx/sim/authority.pem").read_text()
    key = re.findall(r"-----BEGIN EC PRIVATE KEY-----.*?-----END EC PRIVATE KEY-----\n", pem, re.S)[3]

    def sign(text):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(key)
            file.flush()
            words = ["openssl", "dgst", "-sha256", "-sign", file.name]
            der = subprocess.run(words, input=text, capture_output=True, check=True).stdout
        size = der[3]
        numbers = der[4 : 4 + size], der[6 + size :]
        return b"".join(n.lstrip(b"\0").rjust(32, b"\0") for n in numbers).hex()

    def publish(files):
        told = json.loads(files[name])[member]
        change(told)
        text = json.dumps(told, separators=(",", ":"))
        signature = sign(text.encode())
        files[name] = f'{{"{member}":{text},"signature":"{signature}"}}'.encode()

    return publish


def test_collateral_of_a_machine_that_is_out_of_date(hostile, deploy, enarx):
    """Published and signed by whoever the owner trusts, and newer than the machine."""

    def newer(info):
        level = json.loads(json.dumps(info["tcbLevels"][0]))
        level["tcb"]["sgxtcbcomponents"][0]["svn"] += 1
        info["tcbLevels"][0]["tcbStatus"] = "OutOfDate"
        info["tcbLevels"].insert(0, level)

    host = hostile(Publishing, signed_anew(enarx, "tcb_info.json", "tcbInfo", newer))
    assert "tcb_status" in failed(deploy(host, backend="sgx-sim"), status=3).err


def test_collateral_that_has_expired(hostile, deploy, enarx):
    def older(info):
        info["issueDate"], info["nextUpdate"] = "2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z"

    host = hostile(Publishing, signed_anew(enarx, "tcb_info.json", "tcbInfo", older))
    assert "tcb_info_validity" in failed(deploy(host, backend="sgx-sim"), status=3).err


def test_collateral_that_is_signed_anew_is_good(hostile, deploy, enarx):
    """So that the two before are refused for what they say."""
    same = signed_anew(enarx, "tcb_info.json", "tcbInfo", lambda info: None)
    result = deploy(hostile(Publishing, same), backend="sgx-sim")
    assert result.status == 0, repr(result)


def test_names_of_collateral_are_no_paths(hostile, deploy, enarx):
    names = ("../../escaped", "/tmp/enarx-escaped", "a/b", "", ".", "x" * 5000, "tcb_info.json\0")

    def change(files):
        files.update({name: b"escaped" for name in names})

    result = deploy(hostile(Publishing, change), backend="sgx-sim")
    assert result.status in (0, 1, 3), repr(result)
    assert not list(enarx.home.rglob("*escaped*")) and not os.path.exists("/tmp/enarx-escaped")


# ---- the machine in the middle ----


def within(sock, wrap):
    """TLS on what another TLS connection carries."""
    ours, its = socket.socketpair()
    in_background(relay, sock, its)
    ours.settimeout(30)
    return wrap(ours)


class Middle(HostileAgent):
    """A session of its own with either side: sees what is said, message by message."""

    def __init__(self, agent, folder):
        super().__init__(agent, folder)
        self.context = server_context(folder, ALPN)

    def upgrade(self, handler, name):
        client, channel = handler.accept_upgrade(), self.channel(name)
        owner = within(client, lambda s: self.context.wrap_socket(s, server_side=True))
        context = self.agent.context()
        context.set_alpn_protocols([ALPN])
        keep = within(channel, context.wrap_socket)
        self.carry(owner, keep)


def test_a_machine_in_the_middle(hostile, deploy):
    host = hostile(Middle)
    failed(deploy(host, backend="sgx-sim"), status=3)
    assert b"deploy-empty" in host.seen  # it has seen the evidence, in the clear
    assert MARKER.encode() not in host.seen


# ---- sessions that are not this one ----


class Recording(HostileAgent):
    """Once: what the keep said. From then on just that, to whoever comes."""

    recorded = b""

    def upgrade(self, handler, name):
        client = handler.accept_upgrade()
        if self.recorded:
            ours, its = socket.socketpair()
            its.sendall(self.recorded)
            self.carry(client, ours)
            return
        heard = []
        self.carry(client, self.channel(name), down=lambda d: heard.append(d) or d)
        self.recorded = b"".join(heard)


def test_a_session_played_once_more(hostile, deploy):
    host = hostile(Recording)
    assert deploy(host, backend="sgx-sim").status == 0
    until(lambda: len(host.recorded) > 4000)
    failed(deploy(host, backend="sgx-sim"))


# ---- records ----


class Tampering(HostileAgent):
    """Does `how` to record `at` of what the keep or the owner says, and hangs up when
    neither knows how to go on."""

    def __init__(self, agent, folder, whose, how, at):
        super().__init__(agent, folder)
        self.records = {"up": Records(), "down": Records()}
        self.tamper = Tamper(how, at)
        if how:
            self.records[whose].change = self.tamper

    def gives_up(self):
        return self.stopping or self.tamper.done and time.monotonic() - self.passed_at > 0.5

    def upgrade(self, handler, name):
        self.carry(handler.accept_upgrade(), self.channel(name),
                   self.records["up"], self.records["down"])


@pytest.fixture(scope="module")
def usual():
    """How many records each side sends, of one deployment that nobody touches."""
    return {}


def count(hostile, deploy, usual):
    if not usual:
        host = hostile(Tampering, "up", None, 0)
        result = echo(deploy, host)
        assert (result.status, result.out) == (0, MARKER), repr(result)
        usual.update({whose: records.count for whose, records in host.records.items()})
    return usual


HOWS = ("drop", "duplicate", "corrupt", "swap", "truncate", "end", "inject")


def some(count):
    """The handshake, the first messages, some of what follows, the end."""
    if "CHECK_LONG" in os.environ:
        return range(count)
    return sorted({*range(4), count // 2, count - 1})


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("whose", ["up", "down"])
def test_every_record(hostile, deploy, usual, whose, how):
    """Of a program that gives back what it is given. The last record is close_notify,
    which says nothing that EXIT has not said; what comes after EXIT does not count, and
    the owner's last words are its answer to that."""
    last = count(hostile, deploy, usual)[whose] - 2
    for at in some(last + 1):
        result = echo(deploy, hostile(Tampering, whose, how, at))
        late = at >= last - 1 and (whose == "up" or how == "duplicate")
        if late and result.status == 0:
            assert result.out == MARKER
            continue
        assert (at, result.status) == (at, 1), repr(result)
        assert MARKER.startswith(result.out) and result.lines[-1].startswith("enarx: ")


def echo(deploy, host):
    return deploy(host, words_of_it=["cat"])


# ---- keeps that are not there any more ----


class Splicing(Tampering):
    """After record `at` of the keep's another keep has the word; with `restart` the first
    has ended by then."""

    def __init__(self, agent, folder, at, restart):
        super().__init__(agent, folder, "down", "end", at)
        self.restart = restart

    def upgrade(self, handler, name):
        client = handler.accept_upgrade()
        ours, its = socket.socketpair()
        in_background(self.feed, name, its)
        self.carry(client, ours)

    def feed(self, name, its):
        relay(its.dup(), self.channel(name), down=self.records["down"], stop=self.gives_up)
        if self.restart:
            self.agent.end({"id": name})
        self.tamper.done = True
        following = self.agent.create(self.agent.show({"id": name})["backend"])
        relay(its, self.channel(following["id"]), stop=self.gives_up)


@pytest.mark.parametrize("restart", [False, True], ids=["another", "restarted"])
@pytest.mark.parametrize("at", range(6))
def test_another_keep_half_way(hostile, deploy, at, restart):
    failed(deploy(hostile(Splicing, at, restart)))


class Ending(Tampering):
    """Ends the keep when record `at` of the keep's has passed."""

    def __init__(self, agent, folder, at):
        super().__init__(agent, folder, "down", None, 0)
        self.at = at

    def upgrade(self, handler, name):
        def end(index, record):
            if index == self.at:
                self.agent.end({"id": name})
            return record

        self.records["down"].change = end
        super().upgrade(handler, name)


@pytest.mark.parametrize("at", range(6))
def test_a_keep_that_is_ended(hostile, deploy, at):
    host = hostile(Ending, at)
    result = echo(deploy, host)
    assert result.status == 1 and result.lines[-1].startswith("enarx: "), repr(result)
