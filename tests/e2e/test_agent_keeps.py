# SPDX-License-Identifier: Apache-2.0
"""What a keep of `enarx host` is, what it may do to its host, and what goes between it and
its owner."""

import http.client
import os
import re
import signal
import socket
import ssl
import time
from pathlib import Path

import pytest

from agent import *
from conftest import AS_NOBODY, fields
from tls import both_ways

pytestmark = needs_rogue


# ---- what a keep's process is ----

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into a keep")


def test_it_gave_up_all_privileges(agent):
    _, pid = begun(agent)
    status = fields(pid)
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2" and status["Threads"] == "1"
    for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(status[name], 16) == 0
    assert Path(f"/proc/{pid}/oom_score_adj").read_text() == "500\n"


def test_what_it_may_not_do_it_cannot(agent):
    keep = agent.create()
    answer = agent.ask(keep, "attempt").receive(24)
    assert answer == b"no " * 8
    assert agent.show(keep)["isolation_missing"] == [] or os.geteuid() != 0


@only_root
def test_it_is_alone(agent):
    _, one = begun(agent)
    _, two = begun(agent)
    for name in ("pid", "net", "ipc", "uts", "mnt", "user"):
        spaces = {os.readlink(f"/proc/{pid}/ns/{name}") for pid in (one, two, os.getpid())}
        assert len(spaces) == 3, name
    assert os.readlink(f"/proc/{one}/ns/pid_for_children") != os.readlink("/proc/self/ns/pid")
    users = {fields(pid)["Uid"].split()[0] for pid in (one, two)}
    assert len(users) == 2 and all(int(u) >= 1900000000 for u in users)
    assert fields(one)["Groups"].strip() == ""
    assert fields(one)["NSpid"].split()[-1] == "1"


@only_root
def test_it_has_nothing(agent):
    keep, pid = begun(agent)
    mounts = Path(f"/proc/{pid}/mountinfo").read_text().splitlines()
    assert len(mounts) == 1 and " / / ro,nosuid,nodev,noexec" in mounts[0], mounts
    assert os.listdir(Path("/proc", str(pid), "root")) == []
    links = {fd: os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
    kinds = sorted(re.sub(r"\[\d+\]", "", link) for link in links.values())
    # Standard streams that lead nowhere, its log, its socket, its usher, the set over what it
    # waits for, and the file it is loaded from.
    assert kinds.count("/dev/null") == 3 and kinds.count("pipe:") == 1, links
    assert kinds.count("socket:") == 2 and kinds.count("anon_inode:[eventpoll]") == 1, links
    assert len(kinds) <= 8, links
    assert keep["id"] not in os.listdir(agent.state), "its socket has a name"
    environment = Path(f"/proc/{pid}/environ").read_bytes()
    assert environment.strip(b"\0") == b"", environment
    assert Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[1:3] == [
        b"keep-process", keep["id"].encode()]


def memory_of(pid):
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            first, last = (int(x, 16) for x in line.split()[0].split("-"))
            try:
                memory.seek(first)
                yield memory.read(last - first)
            except (OSError, ValueError, OverflowError):
                pass


@only_root
def test_no_secret_of_the_agent_is_in_it(guarded, pki):
    _, pid = begun(guarded, token="secret-of-alice")
    key = (pki / "server.key").read_text().splitlines()[1].encode()
    secrets = (b"secret-of-alice", bytes.fromhex(digest("secret-of-alice")), key,
               str(pki).encode())
    content = b"".join(memory_of(pid))
    assert len(content) > MIB
    assert not [s for s in secrets if s in content]
    # The search finds what is there.
    assert bytes.fromhex(digest("secret-of-alice")) in b"".join(memory_of(guarded.pid))


def test_as_a_user_without_rights(home, start):
    if not AS_NOBODY:
        pytest.skip("this is one")
    for path in (home.home, *home.home.parents):
        if path == Path("/tmp"):
            break
        path.chmod(0o755)
    for path in (home.home, home.tmp):
        os.chown(path, 65534, 65534)
    agent = start("--backends", "nil", prefix=AS_NOBODY)
    keep, pid = begun(agent)
    assert keep["isolation_missing"] == ["own user id"]
    assert "keeps go without: own user id" in agent.err
    assert os.readlink(f"/proc/{pid}/ns/net") != os.readlink("/proc/self/ns/net")
    assert os.listdir(Path("/proc", str(pid), "root")) == []
    assert fields(pid)["Uid"].split()[0] == "65534"
    with agent.ask(keep, "echo") as channel:
        channel.send("x")
        assert channel.receive(1) == b"x"


def test_without_namespaces_it_says_so(home, start):
    """As in a container that forbids them: a filter for clone(2) and unshare(2)."""
    agent = start("--backends", "nil", prefix=[os.environ.get("PYTHON", "/usr/bin/python3"),
                                               Path(__file__).with_name("without_namespaces.py")])
    keep, pid = begun(agent)
    assert "own process ids" in keep["isolation_missing"] and "no network" in keep["isolation_missing"]
    assert "warning: keeps go without" in agent.err
    assert fields(pid)["Seccomp"] == "2"


# ---- keeps that misbehave ----


def test_a_keep_that_crashes(agent):
    other = agent.create()
    neighbour = agent.ask(other, "echo")
    keep = agent.create()
    channel = agent.ask(keep, "crash")
    assert channel.rest() == b""
    ended = agent.ended(keep)
    assert "crashed: signal 4" in ended["failure"] and ended["ended"]
    assert agent.channel(keep).status == 410
    neighbour.send("x")
    assert neighbour.receive(1) == b"x"
    assert len(agent.keeps()) == 1, "a zombie"


def test_a_crash_is_told_though_its_owner_ended_the_keep(agent):
    """Too late: the agent hears of the owner first, who has seen the channel's end."""
    keep, pid = begun(agent)
    owner = http.client.HTTPSConnection(agent.host, agent.port, context=agent.context(), timeout=30)
    owner.connect()
    os.kill(pid, signal.SIGSTOP)
    channel = agent.ask(keep, "crash")
    until(lambda: agent.show(keep)["received_bytes"] == len("crash\n"))
    agent.process.send_signal(signal.SIGSTOP)
    try:
        owner.request("DELETE", f"/v1/keeps/{keep['id']}")
        os.kill(pid, signal.SIGCONT)
        until(lambda: fields(pid)["State"].startswith("Z"))
    finally:
        agent.process.send_signal(signal.SIGCONT)
    assert owner.getresponse().status == 200
    owner.close()
    channel.close()
    assert "crashed: signal 4" in until(lambda: agent.show(keep)["failure"])


@pytest.mark.parametrize("status, said", [(0, "without a word"), (3, "it stopped")])
def test_a_keep_that_leaves(agent, status, said):
    keep = agent.create()
    agent.ask(keep, f"exit {status}")
    assert said in agent.ended(keep)["failure"]


def test_a_keep_that_talks_without_end(agent):
    other = agent.ask(agent.create(), "echo")
    keep, pid = begun(agent)
    before, used, start = resident(agent.pid), os.times(), time.monotonic()
    agent.ask(keep, "flood")
    for _ in range(30):
        other.send("x")
        assert other.receive(1) == b"x"
        time.sleep(0.1)
    if os.geteuid() == 0:  # a pipe full, and 8 KiB a second
        said = int(re.search(r"wchar: (\d+)", Path(f"/proc/{pid}/io").read_text()).group(1))
        assert said < (128 << 10) + 8192 * (time.monotonic() - start + 2)
    shown = agent.show(keep)
    assert 1 <= len(shown["log"]) <= 16 and max(map(len, shown["log"])) <= 200
    assert "\x1b" not in "".join(shown["log"]) and "xxx" in shown["log"][-1]
    assert resident(agent.pid) < before + MIB
    assert "xxxx" not in agent.err
    cpu = sum(map(int, Path(f"/proc/{agent.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]))
    assert cpu / os.sysconf("SC_CLK_TCK") < 1.5, used
    agent.request("DELETE", f"/v1/keeps/{keep['id']}")
    until(lambda: len(agent.keeps()) == 1)


def test_a_keep_that_takes_all_processor_time(start):
    agent = start("--max-cpu", "1s")
    keep = agent.create()
    agent.ask(keep, "burn")
    agent.alive()
    assert "time on the processor" in agent.ended(keep, 20)["failure"]


def test_memory_of_its_own_is_bounded_by_the_kernel(start):
    agent = start("--max-memory", "100M")
    keep, pid = begun(agent)
    channel = agent.ask(keep, f"eat {1 << 30}")
    channel.send("echo\nx")
    assert channel.receive(1) == b"x", "it was told no, and lives"
    assert 50 * MIB < resident(pid) < 110 * MIB


def test_memory_that_the_kernel_does_not_count_so(start):
    agent = start("--max-memory", "100M")
    keep, _ = begun(agent)
    agent.ask(keep, f"share {1 << 40}")
    assert "more memory" in agent.ended(keep)["failure"]
    agent.alive()


# ---- the relay ----


def test_bytes_arrive_as_they_are(agent):
    keep = agent.create()
    sent = os.urandom(24 * MIB)
    channel = agent.ask(keep, "echo")
    assert both_ways(channel.tls, sent) == sent
    shown = agent.show(keep)
    assert shown["received_bytes"] == len(sent) + 5 and shown["sent_bytes"] == len(sent)


def half_closing(agent, keep, lines):
    """Sends the upgrade and `lines`, then close_notify, and reads on to the end."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = agent.context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    tcp = socket.create_connection((agent.host, agent.port), timeout=20)

    def until_done(act):
        while True:
            try:
                result = act()
                tcp.sendall(outgoing.read())
                return result
            except ssl.SSLWantReadError:
                tcp.sendall(outgoing.read())
                data = tcp.recv(65536)
                incoming.write(data) if data else incoming.write_eof()

    until_done(tls.do_handshake)
    head = (f"GET /v1/keeps/{keep['id']}/channel HTTP/1.1\r\nHost: localhost\r\n"
            f"Connection: Upgrade\r\nUpgrade: {PROTOCOL}\r\n\r\n")
    tls.write(head.encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += until_done(lambda: tls.read(1))
    tls.write(lines)
    tcp.sendall(outgoing.read())
    with pytest.raises(ssl.SSLWantReadError):
        tls.unwrap()
    tcp.sendall(outgoing.read())
    rest = b""
    with pytest.raises(ssl.SSLZeroReturnError):
        while part := until_done(lambda: tls.read(65536)):
            rest += part
    tcp.close()
    return rest


def test_an_owner_may_end_its_direction_first(agent):
    keep = agent.create()
    assert half_closing(agent, keep, b"sink\n" + bytes(300_000)) == b"300000\n"
    until(lambda: agent.show(keep)["sessions"] == 0)


def test_a_keep_may_end_its_direction_first(agent):
    keep = agent.create()
    channel = agent.ask(keep, "leave")
    assert channel.rest() == b""
    channel.send("take 100000\n")
    channel.send(bytes(100_000))
    until(lambda: agent.show(keep)["received_bytes"] == 6 + 12 + 100_000)
    channel.close()
    until(lambda: agent.show(keep)["sessions"] == 0)


def test_what_a_keep_said_last_arrives(agent):
    keep = agent.create()
    channel = agent.ask(keep, f"source {5 * MIB}")
    assert len(channel.rest()) == 5 * MIB


def test_an_owner_that_is_gone_without_a_word(agent):
    keep = agent.create()
    channel = agent.ask(keep, "echo")
    until(lambda: agent.show(keep)["sessions"] == 1)
    channel.reset()
    until(lambda: agent.show(keep)["sessions"] == 0)
    with agent.ask(keep, "echo") as again:
        again.send("x")
        assert again.receive(1) == b"x"


def push(channel):
    """Sends until nothing more is taken for a second."""
    channel.tls.settimeout(1)
    with pytest.raises((TimeoutError, ssl.SSLError)):
        while True:
            channel.send(bytes(MIB))


def test_who_does_not_read_makes_the_other_wait(agent):
    keep, _ = begun(agent)
    other = agent.create()
    before = resident(agent.pid)
    deaf = agent.ask(keep, "burn")
    push(deaf)
    mute = agent.ask(other, f"source {1 << 30}")
    time.sleep(1)
    assert resident(agent.pid) < before + 2 * MIB
    assert agent.show(other)["sent_bytes"] < 32 * MIB
    with agent.ask(other, "echo"):
        pass
    agent.alive()
    mute.reset()
    deaf.reset()


def test_nothing_is_sent_before_the_answer(agent):
    keep = agent.create()
    assert agent.channel(keep, early=b"echo\nx").status in (0, 101)
    until(lambda: agent.show(keep)["sessions"] == 0)
    assert agent.show(keep)["received_bytes"] == 0
