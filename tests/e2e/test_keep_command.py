# SPDX-License-Identifier: Apache-2.0
"""`enarx deploy --detach` and `enarx keep`: programs left running on another machine, and how
their owner, and nobody else, gets back to them."""

import json
import shutil
import signal
import subprocess
import time

import pytest

from agent import until
from backends import PROVE_NOTHING, allowing
from conftest import Enarx, finish
from deployment import agent  # noqa: F401


@pytest.fixture
def says(wasm):
    return wasm("says")


@pytest.fixture
def leave(enarx, agent, root):
    """Leaves a program running, and returns its keep's id."""
    left = []

    def run(*words, command=enarx):
        place = ("--to", f"127.0.0.1:{agent.port}", "--backend", enarx.backend)
        result = command("deploy", "--quiet", *place, allowing(enarx.backend, root), "--detach", *words).ok()
        left.append(result.out.strip())
        assert result.out == left[-1] + "\n" and left[-1].isalnum()
        return left[-1]

    yield run
    for keep in left:
        agent.request("DELETE", f"/v1/keeps/{keep}")


@pytest.fixture
def keep(enarx):
    def run(what, *words, **options):
        options.setdefault("timeout", 30)
        return enarx("keep", what, *words, **options)

    return run


def attach(enarx, keep, *options):
    return enarx.popen("keep", "attach", "--quiet", *options, keep, stdin=subprocess.PIPE)


def read_until(process, line):
    """The lines of its output up to that one."""
    lines = []
    while not lines or lines[-1] != line:
        got = process.stdout.readline().decode()
        assert got, (lines, process.stderr.read())
        lines.append(got.rstrip("\n"))
    return lines


def records(enarx):
    folder = enarx.home / "state/enarx/keeps"
    return sorted(x.stem for x in folder.iterdir()) if folder.exists() else []


# ---- left running ----


def test_a_busy_program_keeps_no_dead_sessions(enarx, agent, leave, keep, wasm):
    """As many as a keep may have, of owners that are gone: it does not notice any of them."""
    name = leave(wasm("spins"))
    owners = [attach(enarx, name) for _ in range(8)]
    until(lambda: agent.show({"id": name})["sessions"] >= 7, 20)
    for owner in owners:
        owner.kill()
        owner.wait()
    until(lambda: agent.show({"id": name})["sessions"] == 0, 40)
    assert agent.show({"id": name})["state"] == "ready"
    keep("stop", name).ok()


def test_a_program_outlives_its_deployment(enarx, agent, leave, keep, says):
    name = leave(says)
    time.sleep(0.5)
    assert agent.show({"id": name})["state"] in ("ready", "attached")
    assert name in records(enarx)
    process = attach(enarx, name)
    assert read_until(process, "listening") == ["begun", "listening"]
    process.stdin.write(b"hello\n")
    process.stdin.flush()
    read_until(process, "heard hello")
    process.stdin.write(b"quit 5\n")
    process.stdin.flush()
    result = finish(process)
    assert (result.status, result.out, result.err) == (5, "", "")
    assert name not in records(enarx)
    assert agent.ended({"id": name})["failure"] is None


def test_a_program_that_has_ended_waits_for_its_owner(enarx, agent, leave, keep, says):
    name = leave(says, "end")
    time.sleep(1.5)
    result = keep("attach", name)
    assert (result.status, result.out, result.err) == (9, "begun\n", "")
    keep("attach", name).refused(f"nothing is known here of a keep {name}")
    agent.ended({"id": name})


def test_the_end_of_input_arrives(leave, keep, says):
    assert keep("attach", leave(says)).status == 77


def test_traps(leave, keep, says):
    result = keep("attach", leave(says), input="abort\n")
    assert result.status == 134 and "trapped" in result.err, repr(result)


def test_events(enarx, leave, keep, says):
    result = keep("attach", "--json", leave(says), input="quit 3\n")
    attested, ended = [json.loads(line) for line in result.err.splitlines()]
    assert attested["event"] == "attested" and attested["proven"] is False
    assert attested["accepted_by"] == ("allow_insecure" if enarx.backend in PROVE_NOTHING else "simulated_roots")
    assert (ended["event"], ended["ending"], ended["status"]) == ("exit", "exit", 3)


def test_secrets_are_not_remembered(enarx, leave, keep, says, root):
    name = leave("--secret", "NAME=of-nobody's-business", says, "--argument")
    text = (enarx.home / f"state/enarx/keeps/{name}.json").read_text()
    assert "nobody's" not in text and "--argument" not in text
    for path in "owner.key", f"keeps/{name}.json":
        assert (enarx.home / "state/enarx" / path).stat().st_mode & 0o077 == 0
    keep("stop", name)


def test_only_one_is_attached(enarx, leave, says):
    name = leave(says)
    first = attach(enarx, name)
    read_until(first, "listening")
    second = attach(enarx, name)
    assert first.wait(20) == 1
    assert "taken the place" in finish(first).err
    second.stdin.write(b"quit 4\n")
    second.stdin.flush()
    assert finish(second).status == 4


# ---- leaving again ----


def test_a_hangup_leaves_it_running(enarx, leave, keep, says):
    name = leave(says)
    process = attach(enarx, name)
    read_until(process, "listening")
    process.send_signal(signal.SIGHUP)
    assert finish(process).status == 128 + signal.SIGHUP
    again = keep("attach", name, input="quit 6\n")
    assert (again.status, again.out) == (6, "")


def test_output_that_nobody_takes_leaves_it_running(enarx, leave, keep, says):
    name = leave(says)
    process = attach(enarx, name)
    read_until(process, "listening")
    process.stdout.close()
    process.stdin.write(b"hello\n")
    process.stdin.flush()
    assert process.wait(20) == 128 + signal.SIGPIPE
    process.stdin.close()
    process.stderr.close()
    assert keep("attach", name, input="quit 6\n").status == 6


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_other_signals_end_it(enarx, agent, leave, says, number):
    name = leave(says)
    process = attach(enarx, name)
    read_until(process, "listening")
    process.send_signal(number)
    assert finish(process).status == 128 + number
    assert name not in records(enarx)
    agent.ended({"id": name})


def test_a_command_that_is_killed_leaves_it_running(enarx, leave, keep, says):
    """What it had no time to acknowledge comes again."""
    name = leave(says)
    process = attach(enarx, name)
    read_until(process, "listening")
    process.kill()
    finish(process)
    again = keep("attach", name, input="quit 6\n")
    assert (again.status, again.out) == (6, "begun\nlistening\n")


# ---- logs ----


def test_logs_show_each_line_once(leave, keep, says):
    name = leave(says)
    shown = ""
    while not shown.endswith("listening\n"):
        shown += keep("logs", name).ok().out
    assert shown == "begun\nlistening\n"
    keep("logs", name).ok("")
    assert keep("attach", name, input="quit 3\n").out == ""


def test_logs_follow_to_the_end(enarx, leave, says):
    name = leave(says, "end")
    result = enarx("keep", "logs", "--follow", name, timeout=30)
    assert (result.status, result.out, result.err) == (9, "begun\n", "")
    assert name not in records(enarx)


def test_signals_only_end_the_logs(enarx, leave, keep, says):
    name = leave(says)
    process = enarx.popen("keep", "logs", "-f", name)
    read_until(process, "listening")
    process.send_signal(signal.SIGTERM)
    assert finish(process).status == 128 + signal.SIGTERM
    assert keep("attach", name, input="quit 3\n").status == 3


def test_the_oldest_output_is_lost_and_counted(leave, keep, says):
    """A keep holds a MiB."""
    name = leave(says, "much", 3000)
    time.sleep(3)
    result = keep("logs", name)
    lines = result.out.splitlines()
    assert result.status == 0 and lines[-1] == "listening"
    assert [int(x) for x in lines[1:-1]] == list(range(48000 - len(lines) + 2, 48000))
    assert len(result.bytes) <= 1 << 20
    written = len("begun\nlistening\n") + 3000 * 1024
    assert f"{written - len(result.bytes)} bytes of output are lost" in result.err, result.err


# ---- what a host says ----


def test_list(agent, leave, keep, says):
    name = leave(says)
    host = f"127.0.0.1:{agent.port}"
    (line,) = [x for x in keep("list", "--host", host).ok().out.splitlines() if name in x]
    assert line.split()[2] in ("ready", "attached")
    keeps = json.loads(keep("list", "--host", host, "--json").ok().out)["keeps"]
    assert name in [x["id"] for x in keeps]
    named = keep("list", env={"ENARX_HOST": host}).ok().out
    assert name in named
    keep("list").refused("--host HOST", status=2)


def test_inspect(enarx, agent, leave, keep, says):
    name = leave(says)
    shown = keep("inspect", name).ok().out
    assert f"id               {name}" in shown and "remembered here" in shown
    assert json.loads(keep("inspect", "--json", name).ok().out)["backend"] == enarx.backend


def test_stop(enarx, agent, leave, keep, says):
    name = leave(says)
    keep("stop", name).ok(f"{name} has ended\n")
    assert name not in records(enarx)
    agent.ended({"id": name})
    keep("stop", name).refused("nothing is known", "--host HOST")


@pytest.mark.once
@pytest.mark.parametrize("what", ["attach", "logs", "inspect", "stop"])
def test_unknown_keeps(keep, what):
    keep(what, "k0").refused("nothing is known here of a keep k0")
    assert keep(what, "../k0").status != 0
    assert keep(what).status == 2


def test_keeps_that_are_gone(enarx, agent, leave, keep, says):
    name = leave(says)
    agent.request("DELETE", f"/v1/keeps/{name}")
    agent.ended({"id": name})
    keep("attach", name).refused("has ended|no such keep")
    assert name in records(enarx)
    keep("stop", name)
    assert name not in records(enarx)


def test_keeps_that_their_host_does_not_know_are_forgotten(enarx, leave, keep, says):
    name = leave(says)
    folder = enarx.home / "state/enarx/keeps"
    (folder / "k0.json").write_text((folder / f"{name}.json").read_text().replace(name, "k0"))
    (folder / "k0.json").chmod(0o600)
    keep("stop", "k0").refused("404")
    assert "k0" not in records(enarx) and name in records(enarx)


# ---- whose it is ----


@pytest.fixture
def stranger(enarx, tmp_path):
    return Enarx(enarx.path, tmp_path / "stranger", enarx.backend)


def test_others_know_nothing_of_it(leave, says, stranger):
    stranger("keep", "attach", leave(says)).refused("nothing is known")


def test_the_key_decides(enarx, leave, keep, says, stranger):
    """All that is remembered is not enough."""
    name = leave(says)
    shutil.copytree(enarx.home / "state/enarx/keeps", stranger.home / "state/enarx/keeps")
    for folder in "state", "state/enarx", "state/enarx/keeps":
        (stranger.home / folder).chmod(0o700)
    stranger("keep", "attach", name).refused("owner.key")
    result = stranger("deploy", "--detach", "--to", "127.0.0.1:1", "--allow-insecure", says)
    assert result.status == 1
    assert (stranger.home / "state/enarx/owner.key").exists()
    result = stranger("keep", "attach", name)
    assert result.status == 1 and "not the key of the workload's owner" in result.err, repr(result)
    assert keep("attach", name, input="quit 2\n").status == 2


def edit(enarx, name, **changes):
    path = enarx.home / f"state/enarx/keeps/{name}.json"
    record = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps(record))


def test_the_workload_is_proved_again(enarx, leave, keep, says):
    name = leave(says)
    edit(enarx, name, workload="00" * 32)
    result = keep("attach", name)
    assert result.status == 3 and "another workload" in result.err, repr(result)
    assert name in records(enarx)


def test_another_keep_of_the_same_program_is_another(enarx, leave, keep, says):
    """A host that leads to a keep of its own, with secrets of its own, proves all else."""
    name, other = leave("--secret", "K=mine", says), leave("--secret", "K=theirs", says)
    folder = enarx.home / "state/enarx/keeps"
    shutil.copy(folder / f"{other}.json", folder / "other")
    shutil.copy(folder / f"{name}.json", folder / f"{other}.json")
    edit(enarx, other, id=other)
    result = keep("attach", other, input="quit 4\n")
    assert result.status == 3 and "another keep" in result.err and not result.out, repr(result)
    (folder / "other").rename(folder / f"{other}.json")
    assert keep("attach", other, input="quit 2\n").status == 2


def test_the_policy_counts_again(enarx, leave, keep, says):
    if enarx.backend in PROVE_NOTHING:
        pytest.skip(f"{enarx.backend}: proves nothing that a policy could look at")
    name = leave(says)
    edit(enarx, name, policy=f'tees = ["sgx"]\n[sgx]\nmrenclaves = ["{"ab" * 32}"]\n')
    result = keep("attach", name)
    assert result.status == 3 and "sgx_mrenclave" in result.err, repr(result)


def test_records_that_are_damaged_are_told(enarx, leave, keep, says):
    name = leave(says)
    path = enarx.home / f"state/enarx/keeps/{name}.json"
    kept = path.read_text()
    path.write_text(kept[: len(kept) // 2])
    keep("attach", name).refused(f"{name}.json")
    path.write_text(kept)
    path.chmod(0o644)
    keep("attach", name).refused(f"{name}.json")


def test_a_host_may_have_moved(enarx, agent, leave, keep, says):
    name = leave(says)
    edit(enarx, name, host="127.0.0.1:1")
    keep("attach", name).refused("127.0.0.1:1")
    host = f"127.0.0.1:{agent.port}"
    assert keep("attach", "--host", host, name, input="quit 8\n").status == 8
