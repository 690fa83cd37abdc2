# SPDX-License-Identifier: Apache-2.0
"""A keep's certificate by a real steward, which its host asks for it: of a local run, and of a
deployment where the agent's rules allow that."""

import json
import socket

import pytest

from conftest import Enarx, ENARX, finish
from test_deploy_network import Deployer, audit, listening, strict  # noqa: F401
from steward import Steward, policy
from tls import both_ways, client_context, connect

NAME = "service.example"


@pytest.fixture(scope="module")
def enarx(tmp_path_factory):
    return Enarx(ENARX, tmp_path_factory.mktemp("home"), "sgx-sim")


@pytest.fixture(scope="module")
def root(enarx, tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulation") / "evidence"
    enarx("attest", "evidence", "--backend", "sgx-sim", "-o", folder, env={"ENARX_LOG": "warn"})
    return folder / "root.pem"


@pytest.fixture
def deploy(enarx, root, tmp_path):
    return Deployer(enarx, root, tmp_path)


class Service:
    """A workload with a TLS listener that wants a certificate of `url`, and that steward."""

    def __init__(self, enarx, deploy, root, folder, port, steward_port, module, *args):
        self.enarx, self.folder, self.machine = enarx, folder, root.parent
        self.stewards = []
        self.url = f"http://127.0.0.1:{steward_port}"
        self.policy = folder / "policy.toml"
        shown = json.loads(enarx("measure", "--json").ok().out)
        self.measurement = shown["mrenclave"]
        self.allow("0" * 64)
        ca = folder / "ca.pem"
        ca.write_bytes(self.start("127.0.0.1:0").ask("/ca").body)
        self.ca = ca
        self.more = f'steward = "{self.url}"\ncertificate = {{names = ["{NAME}"], ca = "{ca}"}}\n'
        self.stream = listening(port, prot="tls")
        config = deploy.config(self.stream, self.more)
        self.words = ["--config", config, module, *args]
        made = enarx("measure", "--json", *self.words).ok()
        self.allow(json.loads(made.out)["workload_digest"])

    def allow(self, workload):
        self.policy.write_text(policy(self.machine, [NAME], self.measurement, workload))

    def start(self, listen=None):
        folder = self.folder / "steward"
        folder.mkdir(exist_ok=True)
        words = ["--dev", "--policy", self.policy, "--collateral", self.machine]
        self.stewards.append(Steward(folder, *words, "--listen", listen or self.url[7:]))
        return self.stewards[-1]

    def stop(self):
        for steward in self.stewards:
            steward.stop()


@pytest.fixture
def service(enarx, deploy, root, tmp_path, port, wasm):
    with socket.create_server(("127.0.0.1", 0)) as s:
        steward_port = s.getsockname()[1]
    made = Service(enarx, deploy, root, tmp_path, port, steward_port, wasm("busy_server"), "1")
    yield made
    made.stop()


def visit(service, port):
    """A client that knows the steward's authority and the name alone."""
    with connect(port, client_context(service.ca), name=NAME) as s:
        assert s.getpeercert()["subjectAltName"] == (("DNS", NAME),)
        assert both_ways(s, b"hello") == b"hello"


def test_of_a_run(enarx, service, port):
    service.start()
    process = enarx.popen("run", "--quiet", *service.words)
    visit(service, port)
    finish(process).ok("served 1\n")


def test_of_a_deployment(deploy, strict, service, port):
    service.start()
    agent = strict("--allow-connect", service.url[7:])
    process = deploy.popen(agent, service.stream, *service.words[2:], more=service.more)
    visit(service, port)
    finish(process).ok("served 1\n")
    audit(agent, f"has a certificate of the steward at {service.url[7:]}")
    assert agent.metrics()['enarx_agent_streams_total{kind="nonce",result="opened"}'] == "1"


def test_of_a_deployment_that_may_not_ask(deploy, strict, service, port):
    steward = service.start()
    agent = strict("--allow-connect", "*")
    result = deploy(agent, service.stream, *service.words[2:], more=service.more)
    assert result.status == 1 and "steward" in result.err, result
    audit(agent, f"may not ask the steward at {service.url[7:]}")
    assert steward.metrics()["enarx_steward_nonces_total"] == "0"
