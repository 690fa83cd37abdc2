# SPDX-License-Identifier: Apache-2.0
"""The examples as services: deployed to a host, certified by a steward, and reached by people
who never heard of keeps; and two keeps that know each other. On the simulation, since it takes
evidence."""

import json
import os
import re

import pytest

from agent import Agent, until
from test_examples import BUILT, EXAMPLES, build, curl, policy_of, until_terminated
from steward import Steward, policy

PATIENCE = 300  # seconds: Go's runtime is compiled in the keep
build = build  # a fixture


@pytest.fixture(scope="module")
def agent(enarx):
    with Agent(enarx) as agent:
        yield agent


@pytest.fixture(scope="module")
def measurement(enarx):
    return json.loads(enarx("measure", "--json").ok().out)["mrenclave"]


@pytest.fixture
def words(agent, simulation):
    to = ("--to", f"127.0.0.1:{agent.port}", "--backend", "sgx-sim")
    return ["deploy", "--quiet", *to, f"--allow-simulated={simulation / 'root.pem'}"]


@pytest.fixture
def deployed(enarx, words):
    """A program with its Enarx.toml, for as long as the block lasts; SIGTERM ends it."""

    return lambda config, module: until_terminated(
        enarx.popen(*words, "--config", config, BUILT / f"{module}.wasm")
    )


def listening(process, port, seconds=PATIENCE):
    """Waits until somebody does."""
    needle = f":{port:04X} "

    def there():
        assert process.poll() is None, process.communicate()
        text = "".join(open(f"/proc/net/tcp{six}").read() for six in ("", "6"))
        return re.search(rf"{needle}\S+ 0A", text)

    until(there, seconds)


# ---- a service with a certificate of a steward's ----


@pytest.fixture
def steward(tmp_path, simulation, measurement):
    """Starts `enarx steward --dev`, again after it was stopped, for one workload or none."""
    folder, running = tmp_path / "steward", []
    folder.mkdir()
    path = folder / "policy.toml"

    def start(workload=None, listen="127.0.0.1:0"):
        text = policy(simulation, ["localhost"], measurement, workload)
        path.write_text(text if workload else text.partition("[[names]]")[0])
        running.append(Steward(folder, "--dev", "--policy", path, "--collateral", simulation,
                               "--listen", listen))
        return running[-1]

    yield start
    for each in running:
        assert each.stop() == 0


@pytest.fixture
def service(enarx, steward, tmp_path, port):
    """certified.toml on `port`, and the steward that certifies what it runs."""

    def make(module):
        first = steward()
        (tmp_path / "steward.pem").write_bytes(first.ask("/ca").body)
        address = first.url.removeprefix("http://")
        first.stop()
        text = (EXAMPLES / "tls/certified.toml").read_text()
        text = text.replace("127.0.0.1:7444", address).replace("8443", str(port))
        config = tmp_path / "Enarx.toml"
        config.write_text(text)
        told = enarx("measure", "--json", "--config", config, BUILT / f"{module}.wasm").ok()
        return config, steward(json.loads(told.out)["workload_digest"], address)

    return make


@pytest.mark.parametrize("language, module", [("c", "c-web"), ("go", "go-http")])
def test_a_web_server_by_the_stewards_authority(build, service, deployed, tmp_path, port, language,
                                                module):
    if language == "go" and not os.environ.get("CHECK_LONG"):
        pytest.skip("compiles Go's runtime in a keep: set CHECK_LONG=1")
    build(language)
    config, steward = service(module)
    with deployed(config, module) as server:
        listening(server, port)
        answer = curl(tmp_path / "steward.pem", port, "--tlsv1.3")
        assert answer.stdout == "Hello, Enarx!\n", answer
    (decision,) = steward.decisions()
    assert (decision["verdict"], decision["names"]) == ("issued", ["localhost"])


def test_what_the_certificate_says(enarx, build, service, deployed, measurement, port):
    build("c")
    config, steward = service("c-web")
    with deployed(config, "c-web") as server:
        listening(server, port)
        shown = json.loads(enarx("attest", "connect", "--json", f"localhost:{port}").out)
    (decision,) = steward.decisions()
    said = shown["certificate"]
    assert said["names"] == ["localhost"] and said["sha256"] == decision["certificate_sha256"]
    assert said["statement"]["measurement"] == measurement
    assert said["statement"]["workload"] == decision["workload"]


def test_another_program_gets_no_certificate(enarx, build, service, words):
    """The keep does not begin to serve under a name that is not its own."""
    build("c")
    config, steward = service("c-web")
    result = enarx(*words, "--config", config, BUILT / "c-echo.wasm")
    assert result.status == 1 and "no certificate from the steward" in result.err, repr(result)
    (decision,) = steward.decisions()
    assert (decision["verdict"], decision["check"]) == ("refused", "names_entry")


# ---- two keeps ----


@pytest.fixture
def two(simulation, tmp_path, port):
    """The examples' server.toml and client.toml on `port`, with a policy of these lines."""

    def make(*policy):
        policy_of(simulation, tmp_path, *policy)
        for name in ("server.toml", "client.toml"):
            text = (EXAMPLES / "tls" / name).read_text()
            text = text.replace("8444", str(port)).replace('host = "localhost"',
                                                           'host = "127.0.0.1"')
            (tmp_path / name).write_text(text)
        return tmp_path / "server.toml", tmp_path / "client.toml"

    return make


def test_two_deployed_keeps_that_know_each_other(enarx, build, two, deployed, words, port):
    build("c")
    server, client = two('measurement = "self"')
    with deployed(server, "c-echo") as process:
        listening(process, port)
        ask = (*words, "--config", client, BUILT / "c-ask.wasm")
        for line in ("hello\n", "and again\n"):
            assert enarx(*ask, input=line).ok().out == line
        local = ("run", "--quiet", "--backend", "sgx-sim", "--config", client)
        assert enarx(*local, BUILT / "c-ask.wasm", input="here\n").ok().out == "here\n"


def test_a_deployed_keep_of_another_policy(enarx, build, two, deployed, words, port, simulation):
    build("c")
    server, client = two('measurement = "self"')
    with deployed(server, "c-echo") as process:
        listening(process, port)
        policy_of(simulation, client.parent, "[sgx]", f'mrenclaves = ["{"5" * 64}"]')
        refused = enarx(*words, "--config", client, BUILT / "c-ask.wasm", input="hello\n")
        assert refused.status == 1 and refused.out == "", repr(refused)
        assert "its evidence was refused: sgx_mrenclave: expected 5555" in refused.err


def test_a_keep_that_proves_nothing_may_look_at_one_that_does(enarx, build, two, deployed, words,
                                                              agent, port, measurement):
    """Its host has collateral of the simulation for it; the other one then refuses it."""
    build("c")
    server, client = two("[sgx]", f'mrenclaves = ["{measurement}"]')
    with deployed(server, "c-echo") as process:
        listening(process, port)
        to = ("--to", f"127.0.0.1:{agent.port}", "--backend", "nil", "--allow-insecure")
        result = enarx("deploy", "--quiet", *to, "--config", client, BUILT / "c-ask.wasm",
                       input="hello\n")
        assert result.status == 1 and "evidence" not in result.err, repr(result)
        assert "reset" in result.err, repr(result)
