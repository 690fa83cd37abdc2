# SPDX-License-Identifier: Apache-2.0
"""The status page of `enarx host`, in a browser."""

import re
import subprocess

import pytest

from agent import *
from browser import Browser
from conftest import absent

pytestmark = needs_rogue


# ---- the page ----


@pytest.fixture(scope="module")
def chromium():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = subprocess.run(["which", name], capture_output=True, text=True, check=False)
        if found.returncode == 0:
            return found.stdout.strip()
    return absent("Chromium is not installed")


@pytest.fixture
def browser(chromium, tmp_path):
    browser = Browser(chromium, tmp_path / "browser")
    yield browser
    browser.close()


def row(browser, keep):
    """What the page says of a keep; "" when it shows none."""
    return browser.ask(f"document.getElementById('{keep['id']}')?.innerText ?? ''")


def test_the_page_shows_keeps_as_they_come_and_go(agent, browser):
    browser.open(f"https://localhost:{agent.port}/")
    until(lambda: "You have none here." in browser.text(), 30)
    assert browser.ask("document.title") == "Enarx host"
    keep = agent.create()
    with agent.ask(keep, "echo") as channel:
        channel.send("x" * 5000)
        channel.receive(5000)
        until(lambda: "attached" in row(browser, keep) and "4.9 KiB" in row(browser, keep), 20)
        assert "nil" in row(browser, keep)
    agent.ask(keep, "crash")
    until(lambda: "ended: it crashed" in row(browser, keep), 20)
    assert "sgx-sim" in browser.text() and re.search("[0-9a-f]{64}", browser.text())
    assert int(browser.ask("document.body.dataset.rounds")) >= 2
    assert browser.said == []


def test_the_page_asks_for_a_token(guarded, browser):
    keep = guarded.create(token="secret-of-alice")
    browser.open(f"https://localhost:{guarded.port}/")
    until(lambda: "Token:" in browser.text(), 30)
    fill = "document.getElementById('token').value = '{}'; " \
           "document.querySelector('#ask button').click()"
    browser.ask(fill.format("wrong"))
    until(lambda: "401" in guarded.err.splitlines()[-1])
    assert row(browser, keep) == "" and not browser.ask("document.getElementById('ask').hidden")
    browser.ask(fill.format("secret-of-alice"))
    until(lambda: keep["id"] in row(browser, keep), 20)
    assert browser.ask("document.getElementById('ask').hidden")
    assert browser.ask("JSON.stringify([localStorage.length, sessionStorage.length])") == "[0,0]"


def test_nothing_foreign_runs_in_the_page(agent, browser):
    agent.get("/")
    policy = agent.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy and agent.headers["X-Content-Type-Options"] == "nosniff"
    browser.open(f"https://localhost:{agent.port}/")
    until(lambda: "Backends" in browser.text(), 30)
    browser.ask("document.body.insertAdjacentHTML('beforeend', "
                "'<img src=x onerror=\"document.title = 1\"><b style=\"color: red\">b</b>');"
                "const s = document.createElement('script'); s.textContent = 'document.title = 2';"
                "document.body.append(s); 0")

    def refused():
        assert browser.ask("document.title") == "Enarx host"
        return [s for s in browser.said if "Content Security Policy" in str(s)]

    until(lambda: len(refused()) >= 3, 30)
