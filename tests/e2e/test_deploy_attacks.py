# SPDX-License-Identifier: Apache-2.0
"""Owners who break the rules of the deployment channel: tests/deploy/owner.c. Each is
refused, and a workload that runs beside them goes on, be it in a keep of its own or in
the very keep that they try."""

import os
import shutil
import subprocess
import time

import pytest

from agent import Agent
from owner import Owner

ASK = ("challenge", "wait,EVIDENCE")


@pytest.fixture(scope="module")
def agent(enarx, backend):
    with Agent(enarx) as agent:
        yield agent


@pytest.fixture(scope="module")
def owner(agent, backend):
    """owner(WORD...): a script on a new keep, or on `keep`."""

    def start(*words, keep=None):
        keep = keep or agent.create(backend)
        channel = agent.channel(keep)
        assert channel.status == 101
        started = Owner(channel, *words)
        started.keep = keep
        start.all.append(started)
        return started

    start.all = []
    return start


@pytest.fixture(scope="module")
def workload(tool):
    def step(*words, **options):
        more = "".join(f",{name}={value}" for name, value in options.items())
        return f"workload,module={options.pop('module', tool)},args=tool {' '.join(words)}{more}"

    return step


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    """key(NAME): a private key in a file, the same for the same name."""
    folder = tmp_path_factory.mktemp("keys")

    def make(name):
        path = folder / name
        if not path.exists():
            words = f"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {path}"
            subprocess.run(words.split(), check=True, capture_output=True)
        return path

    return make


class Bystander:
    """A workload that answers, and its owner."""

    def __init__(self, owner, workload, key):
        detached = workload("cat", flags=1)
        self.owner = owner("--key", key("owner"), *ASK, detached, "wait,READY", "-")
        assert "workload" in self.owner.until("READY")[-1]
        self.count = 0

    @property
    def keep(self):
        return self.owner.keep

    def answers(self):
        self.count += 1
        self.owner.do(f"stdin,text=still {self.count}", "wait,STDOUT")
        return self.owner.until("STDOUT")[-1] == f"STDOUT still {self.count}"


@pytest.fixture(scope="module")
def bystander(owner, workload, key):
    running = Bystander(owner, workload, key)
    yield running
    running.owner.end()


@pytest.fixture(autouse=True)
def undisturbed(bystander, owner, agent):
    owner.all.clear()
    yield
    for each in owner.all:
        each.end()
    assert bystander.answers()
    agent.alive()


def refused(lines, said):
    """It was told why, and nothing came of it."""
    assert any(said in line for line in lines), lines
    assert lines[-1].startswith("end ") and lines[-1] != "end timeout", lines
    return True


# ---- as it should be ----


def test_an_owner_that_keeps_the_rules(owner, workload, backend):
    lines = owner(*ASK, workload("args", "a"), "wait").lines()
    evidence = next(line for line in lines if line.startswith("EVIDENCE"))
    ready = next(line for line in lines if line.startswith("READY"))
    assert evidence.startswith("EVIDENCE deploy-empty nonce exporter key evidence ")
    assert ready.startswith("READY deploy-ready nonce exporter key workload evidence ")
    assert evidence.endswith("evidence 0") == (backend == "nil")
    assert "EXIT 0 0" in lines and lines[-1] == "end notify"


# ---- one message that is wrong ----

MALFORMED, ORDER, TAKEN = "malformed", "out of place", "challenged already"
MESSAGES = {
    "another version": ("different versions", "challenge,version=2"),
    "no version": ("different versions", "challenge,version=0"),
    "nothing to do": (MALFORMED, "challenge,what=0"),
    "something else to do": (MALFORMED, "challenge,what=3"),
    "attach to nothing": ("no workload", "challenge,what=2"),
    "a challenge cut": (MALFORMED, "message,type=1,size=47"),
    "a challenge too long": (MALFORMED, "message,type=1,size=49"),
    "a second challenge": (ORDER, *ASK, "challenge"),
    "two challenges at once": (ORDER, "challenge", "challenge"),
    "a workload first": (ORDER, "message,type=3,size=16"),
    "a huge workload first": (ORDER, "message,type=3,size=16,declare=0x100000000"),
    "input first": (ORDER, "stdin,text=x"),
    "a signal first": (ORDER, "signal,number=15"),
    "credit first": (ORDER, "credit"),
    "input after the challenge": (ORDER, *ASK, "stdin,text=x"),
    "a signal after the challenge": (ORDER, *ASK, "signal,number=15"),
    "credit after the challenge": (ORDER, *ASK, "credit"),
    "no type": (MALFORMED, "message,type=0"),
    "an unknown type": (MALFORMED, "message,type=14"),
    "a type beyond all": (MALFORMED, "message,type=0xffffffff"),
    "the keep's evidence": (MALFORMED, "message,type=2,size=64"),
    "the keep's end": (MALFORMED, *ASK, "message,type=13,size=8"),
    "the reserved word": (MALFORMED, "bytes,hex=01000000010000003000000000000000"),
    "a size beyond all": (MALFORMED, *ASK, "message,type=3,declare=0xffffffffffffffff"),
    "a workload beyond the limit": (MALFORMED, *ASK, "message,type=3,declare=0x200000001"),
    "a workload without a head": (MALFORMED, *ASK, "message,type=3,size=15"),
    "no message": (MALFORMED, "bytes,hex=" + "47" * 64),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message(owner, agent, name):
    said, *steps = MESSAGES[name]
    run = owner(*steps, "wait")
    lines = run.lines()
    assert refused(lines, said) and not any(line.startswith("READY") for line in lines)
    assert agent.ended(run.keep)


# ---- a workload that is not what it says ----

LIES = {
    "other-module": "",
    "larger-module": "",
    "smaller-module": "",
    "huge-module": "",
    "larger-file": "",
    "huge-file": "",
    "climbing-file": "",
    "no-manifest": "",
    "bad-manifest": "manifest",
    "cut-manifest": "manifest",
    "bad-key": "key",
    "bad-secrets": "",
    "unasked-secrets": "",
    "bad-module": "",
    "cut-module": "",
    "cut-file": "",
    "more-behind": "",
    "longer-manifest": "",
    "shorter-manifest": "",
    "huge-manifest": "",
    "longer-key": "",
    "huge-key": "",
    "longer-secrets": "",
    "huge-secrets": "",
    "unknown-flag": "another version",
    "declared-less": "",
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_in_the_workload(owner, workload, agent, lie):
    run = owner(*ASK, workload("args", lie=lie), "wait")
    lines = run.lines()
    assert refused(lines, LIES[lie])
    assert not any(line.startswith(("READY", "STDOUT")) for line in lines), lines
    assert agent.ended(run.keep)


def test_a_file_that_is_another(owner, workload):
    """Files are looked at when they are opened."""
    right = owner(*ASK, workload("show", "/file", file="content"), "wait").lines()
    assert "STDOUT content" in right and "EXIT 0 0" in right, right
    wrong = owner(*ASK, workload("show", "/file", file="content", lie="other-file"), "wait").lines()
    assert any("/file is not what the manifest says" in line for line in wrong), wrong
    assert not any("content" in line for line in wrong), wrong


@pytest.mark.parametrize("lie", ["declared-more", "declared-most"])
def test_less_than_was_declared(owner, workload, agent, lie):
    """Is no lie until the stream ends."""
    run = owner(*ASK, workload("args", lie=lie), "notify", "wait")
    lines = run.lines()
    assert not any(line.startswith("READY") for line in lines), lines
    assert agent.ended(run.keep)


# ---- code that no compiler of the keep's has made ----


@pytest.fixture(scope="module")
def native(enarx, tool, tmp_path_factory):
    """native(NAME): a file that is no WebAssembly module."""
    folder = tmp_path_factory.mktemp("native")

    def make(name):
        path = folder / name
        if name == "cwasm":  # as the engine of this very build makes it: out of its cache
            enarx.run("--backend", "nil", tool, "args").ok()
            entries = [p for p in (enarx.home / "cache").rglob("*") if p.is_file()]
            code = max((p.read_bytes() for p in entries), key=len)
            path.write_bytes(code[code.index(b"\x7fELF") :])
        elif name == "elf":
            shutil.copy("/bin/true", path)
        elif name == "component":
            path.write_bytes(b"\0asm\x0d\0\1\0")
        elif name == "text":
            path.write_text("(module)")
        else:
            path.write_bytes(b"")
        return path

    return make


@pytest.mark.parametrize("name", ["cwasm", "elf", "component", "text", "empty"])
def test_native_code(owner, workload, native, agent, name):
    run = owner(*ASK, workload("args", module=native(name)), "wait")
    lines = run.lines()
    assert refused(lines, "has not compiled itself")
    assert not any(line.startswith(("READY", "STDOUT")) for line in lines), lines
    assert agent.ended(run.keep)


# ---- a session that is none ----


def still_empty(owner, keep):
    """It takes its owner, as if nobody had come before."""
    lines = owner(*ASK, keep=keep).lines()
    return any(line.startswith("EVIDENCE deploy-empty") for line in lines)


@pytest.mark.parametrize(
    "options, said",
    [
        (["--tls12"], "end alert protocol version"),
        (["--alpn", "h2"], "end alert no application protocol"),
        (["--alpn", "enarx-keep/2"], "end alert no application protocol"),
    ],
)
def test_another_protocol(owner, options, said):
    run = owner(*options, "challenge", "wait")
    assert run.lines() == [said]
    assert still_empty(owner, run.keep)


def test_no_protocol(owner):
    """What a client leaves out shows at the end of its handshake alone."""
    run = owner("--no-alpn", "challenge", "wait")
    assert run.lines() == ["session", "end cut"]
    assert still_empty(owner, run.keep)


@pytest.mark.parametrize("first", [b"GET / HTTP/1.1\r\n\r\n", bytes(4096), b"\x16\x03\x01\xff\xff"])
def test_no_tls(agent, owner, backend, first):
    keep = agent.create(backend)
    with agent.channel(keep) as channel:
        channel.send(first)
        got = channel.rest()
    assert len(got) < 64  # an alert, at most
    assert still_empty(owner, keep)


# ---- what does not come, or ends ----


@pytest.mark.parametrize("how", ["abort", "cut", "notify"])
@pytest.mark.parametrize("after", ["", "challenge", "evidence", "workload"])
def test_who_leaves_half_way(owner, workload, agent, after, how):
    steps = {
        "": (),
        "challenge": ("challenge",),
        "evidence": ASK,
        "workload": (*ASK, workload("args", part=5000)),
    }[after]
    run = owner(*steps, how)
    run.lines()
    assert agent.ended(run.keep)


def test_who_says_nothing(agent, owner, backend):
    keep = agent.create(backend)
    start = time.monotonic()
    with agent.channel(keep) as channel:
        assert channel.receive(1) == b""
    assert 5 < time.monotonic() - start < 20
    assert still_empty(owner, keep)


@pytest.mark.skipif("CHECK_LONG" not in os.environ, reason="takes a minute: set CHECK_LONG=1")
def test_who_stalls_half_way(owner, workload, agent):
    run = owner("--timeout", 90, *ASK, workload("args", part=5000), "wait")
    assert refused(run.lines(120), "stalled")
    assert agent.ended(run.keep)


# ---- while a workload runs ----

WINDOW = 262144
STREAMS = {
    "more input than there is credit for": ("credit", "message,type=5,size=65536,times=8"),
    "a flood of tiny input": ("credit", f"message,type=5,size=1,times={WINDOW + 1}"),
    "input too large": (MALFORMED, "message,type=5,declare=65537"),
    "input after its end": (ORDER, "stdin,text=", "stdin,text=x"),
    "a flood of ends of input": (ORDER, "message,type=5,size=0,times=1000"),
    "credit for what is no stream": (MALFORMED, "credit,type=1"),
    "credit for input": (MALFORMED, "credit,type=5"),
    "credit beyond the window": ("credit", "credit,type=6,more=1"),
    "all credit there is": ("credit", "credit,type=6,more=0xffffffff"),
    "a signal that there is not": (MALFORMED, "signal,number=65"),
    "no signal": (MALFORMED, "signal,number=0"),
    "a second challenge": (ORDER, "challenge"),
    "a challenge to attach": (ORDER, "challenge,what=2"),
    "a message that is the keep's": (MALFORMED, "message,type=6,size=1"),
    "no message": (MALFORMED, "bytes,hex=" + "ff" * 32),
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream(owner, workload, agent, name):
    said, *steps = STREAMS[name]
    run = owner(*ASK, workload("wait"), "wait,READY", *steps, "wait")
    lines = run.lines()
    assert any(line.startswith("READY") for line in lines)
    assert refused(lines, said)
    assert agent.ended(run.keep)


def test_a_second_workload(owner, workload, agent):
    run = owner(*ASK, workload("wait"), "wait,READY", workload("args", "second"), "wait")
    lines = run.lines()
    assert refused(lines, TAKEN) and not any("second" in line for line in lines)
    assert agent.ended(run.keep)


# ---- a keep that is somebody else's ----


def test_a_second_owner_waits_for_nothing(owner, workload):
    """While the first has its evidence, and after; the first goes on."""
    first = owner(*ASK, "-")
    first.until("EVIDENCE")
    second = owner("challenge", "wait", keep=first.keep)
    assert refused(second.lines(), "another session")
    first.do(workload("args", "x"), "wait")
    assert "EXIT 0 0" in first.until("end")
    first.end()


INTRUDERS = {
    "deploys": (TAKEN, "challenge"),
    "attaches": ("not the key", "challenge,what=2"),
    "sends a workload": (ORDER, "message,type=3,size=16"),
    "sends input": (ORDER, "stdin,text=x"),
    "sends a signal": (ORDER, "signal,number=9"),
    "sends noise": (MALFORMED, "bytes,hex=" + "55" * 40),
}


@pytest.mark.parametrize("with_key", [False, True], ids=["nameless", "with another's key"])
@pytest.mark.parametrize("name", INTRUDERS)
def test_a_running_keep_is_its_owners(owner, bystander, key, name, with_key):
    said, *steps = INTRUDERS[name]
    identity = ("--key", key("stranger")) if with_key else ()
    lines = owner(*identity, *steps, "wait", keep=bystander.keep).lines()
    assert refused(lines, said)
    assert not any(line.startswith(("READY", "STDOUT", "EVIDENCE")) for line in lines), lines
    assert bystander.answers()


def test_its_owner_may_come_back(owner, workload, key):
    run = owner("--key", key("owner"), *ASK, workload("cat", flags=1), "wait,READY", "notify")
    run.lines()
    words = ("challenge,what=2", "wait,READY", "stdin,text=back", "wait,STDOUT")
    lines = owner("--key", key("owner"), *words, keep=run.keep).lines()
    ready = next(line for line in lines if line.startswith("READY"))
    assert ready.startswith("READY deploy-ready nonce exporter key")
    assert lines[-1] == "STDOUT back"


# ---- many at once ----


def test_many_at_once(owner, agent):
    """Sessions that say nothing hold nobody up; there may be so many and no more."""
    keep = agent.create("nil")
    channels = [agent.channel(keep) for _ in range(9)]
    assert [channel.status for channel in channels] == [101] * 8 + [409]
    assert any(line.startswith("EVIDENCE") for line in owner(*ASK).lines())
    for channel in channels:
        channel.close()


def test_key_updates_without_end(owner, workload):
    """They cost the keep what they cost the owner, and change nothing."""
    lines = owner("key-update,times=2000", *ASK, workload("args", "x"), "wait").lines()
    assert "EXIT 0 0" in lines or lines[-1].startswith("end "), lines
