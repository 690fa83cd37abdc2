# SPDX-License-Identifier: Apache-2.0
"""Chromium without a window, driven over a pair of pipes in its DevTools protocol."""

import json
import os
import select
import subprocess
import time


class Browser:
    def __init__(self, program, folder):
        command_read, self.commands = os.pipe()
        self.events, event_write = os.pipe()
        flags = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--ignore-certificate-errors", "--remote-debugging-pipe", "--disable-extensions",
            "--disable-background-networking", "--disable-dev-shm-usage", f"--user-data-dir={folder}",
        ]

        def hand_over():
            """Chromium reads commands from 3 and writes to 4."""
            read, write = os.dup(command_read), os.dup(event_write)
            os.dup2(read, 3)
            os.dup2(write, 4)

        self.process = subprocess.Popen(
            [program, *flags, "about:blank"], preexec_fn=hand_over, close_fds=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(command_read)
        os.close(event_write)
        self.buffer, self.number, self.session, self.said = b"", 0, None, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Log.enable")
        self.call("Runtime.enable")
        self.call("Page.enable")

    def message(self, seconds=60):
        end = time.monotonic() + seconds
        while b"\0" not in self.buffer:
            left = end - time.monotonic()
            assert left > 0 and select.select([self.events], [], [], left)[0], "no word from Chromium"
            part = os.read(self.events, 1 << 16)
            assert part, "Chromium has ended"
            self.buffer += part
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **parameters):
        self.number += 1
        call = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            call["sessionId"] = self.session
        os.write(self.commands, json.dumps(call).encode() + b"\0")
        while (message := self.message()).get("id") != self.number:
            if message.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown"):
                self.said.append(message["params"])
        assert "error" not in message, message
        return message["result"]

    def open(self, url):
        self.call("Page.navigate", url=url)

    def ask(self, script):
        """The value of an expression in the page."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True,
                           awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def text(self):
        return self.ask("document.body?.innerText ?? ''")

    def close(self):
        try:
            self.session = None
            self.call("Browser.close")
        except (AssertionError, OSError):
            self.process.kill()
        self.process.wait(timeout=20)
        os.close(self.commands)
        os.close(self.events)
