# SPDX-License-Identifier: Apache-2.0
"""Runs within the machine of test_agent_cgroup.py, and says what it finds."""

import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import time

GROUP = "/sys/fs/cgroup/unit"
ERR = "/tmp/err"
context = ssl._create_unverified_context()


def say(name, *what):
    print(f"SAID {name}:", *what, flush=True)


def read(path):
    with open(path) as file:
        return file.read().strip()


def groups():
    """Without the ids of keeps."""
    found = sorted(e.name for e in os.scandir(GROUP) if e.is_dir())
    return " ".join(re.sub("-k[0-9a-f]{16}$", "", name) for name in found)


def join():
    """As a service manager puts its child there."""
    own = GROUP + "/enarx-agent"
    file = os.open((own if os.path.isdir(own) else GROUP) + "/cgroup.procs", os.O_WRONLY)
    os.write(file, str(os.getpid()).encode())


def start():
    command = ["/bin/enarx", "host", "--dev", "--listen", "127.0.0.1:7443", "--backends", "nil"]
    with open(ERR, "w") as err:
        process = subprocess.Popen([*command, "--max-memory", "64M"], stderr=err, preexec_fn=join)
    while "listening" not in read(ERR):
        if process.poll() is not None:
            raise SystemExit(read(ERR))
        time.sleep(0.1)
    return process


def request(method, path):
    connection = http.client.HTTPSConnection("127.0.0.1", 7443, context=context, timeout=60)
    connection.request(method, path, headers={"Host": "localhost"})
    return json.loads(connection.getresponse().read())


def tell(keep, line):
    tls = context.wrap_socket(socket.create_connection(("127.0.0.1", 7443)))
    tls.sendall(f"GET /v1/keeps/{keep['id']}/channel HTTP/1.1\r\nHost: localhost\r\n"
                "Connection: Upgrade\r\nUpgrade: enarx-keep/1\r\n\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += tls.recv(1)
    tls.sendall(line.encode())
    return tls


def until(question):
    for _ in range(200):
        if question():
            return
        time.sleep(0.1)


def main():
    agent = start()
    say("agent", read(f"/proc/{agent.pid}/cgroup"))
    say("helped", read(ERR).count("no control groups"))
    keep = request("POST", "/v1/keeps")
    say("groups", groups())
    folder = f"{GROUP}/enarx-keep-{keep['id']}"
    limits = [f"{int(read(folder + '/memory.max')) >> 20}M", read(folder + "/pids.max"),
              read(folder + "/memory.oom.group")]
    say("keep", *limits, "alone" if len(read(folder + "/cgroup.procs").split()) == 1 else "not")
    channel = tell(keep, f"share {1 << 40}\n")
    until(lambda: request("GET", f"/v1/keeps/{keep['id']}")["state"] == "ended")
    shown = request("GET", f"/v1/keeps/{keep['id']}")
    channel.close()
    say("eater", shown["state"], shown["failure"])
    until(lambda: groups() == "enarx-agent")
    say("after", groups())
    keeps = [request("POST", "/v1/keeps") for _ in range(2)]
    say("two", groups())
    request("DELETE", f"/v1/keeps/{keeps[0]['id']}")
    until(lambda: groups().count("keep") == 1)
    say("one", groups())
    request("POST", "/v1/keeps")
    agent.kill()
    agent.wait()
    say("killed", groups())
    agent = start()
    say("swept", groups())
    agent.terminate()
    say("end", agent.wait())


main()
