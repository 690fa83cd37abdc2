# SPDX-License-Identifier: Apache-2.0
"""Carries bytes between two sockets, plain or TLS, as an agent does; and what it may do
to them on the way: look, cut, hold back, and tamper with the TLS records inside."""

import select
import socket
import ssl
import threading
import time

CHUNK, QUEUE_MAX = 65536, 1 << 20


class Cut(Exception):
    """Raised by what looks at the bytes: both sockets are closed at once."""


class End:
    def __init__(self, sock):
        sock.setblocking(False)
        self.socket = sock
        self.queue = bytearray()  # to be written
        self.ended = False  # it sends no more
        self.shut = False  # nor do we to it

    def read(self):
        """Some bytes; None: not now; b"": it has ended."""
        try:
            return self.socket.recv(CHUNK)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
            return None
        except (OSError, ValueError):
            return b""

    def flush(self):
        while self.queue:
            try:
                del self.queue[: self.socket.send(self.queue[:CHUNK])]
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
                return
            except (OSError, ValueError):
                self.queue.clear()
                self.ended = True

    def shut_down(self):
        """Says that no more comes."""
        self.shut = True
        try:
            if isinstance(self.socket, ssl.SSLSocket):
                self.socket.unwrap()  # sends close_notify; the peer's may come later
            else:
                self.socket.shutdown(socket.SHUT_WR)
        except (OSError, ValueError):
            pass


def wait(ends):
    """Until one of them can go on."""
    reading = [e for e in ends if not e.ended]
    if any(isinstance(e.socket, ssl.SSLSocket) and e.socket.pending() for e in reading):
        return
    writing = [e.socket for e in ends if e.queue]
    select.select([e.socket for e in reading], writing, [], 0.05)


def carry(source, target, look):
    """One way, once: what is there."""
    if not source.ended and len(target.queue) < QUEUE_MAX:
        data = source.read()
        if data:
            target.queue += look(data)
        source.ended = source.ended or data == b""
    target.flush()
    if source.ended and not target.queue and not target.shut:
        target.shut_down()


def relay(a, b, up=bytes, down=bytes, stop=lambda: False, linger=5):
    """Until both have ended, one `linger` seconds after the other. `up` gets what a sends
    and returns what b is to have, `down` the other way."""
    ends = (End(a), End(b))
    since = None
    try:
        while not stop() and not all(e.ended and not e.queue for e in ends):
            wait(ends)
            carry(ends[0], ends[1], up)
            carry(ends[1], ends[0], down)
            if any(e.ended for e in ends):
                since = since or time.monotonic()
                if time.monotonic() - since > linger:
                    break
    except Cut:
        pass
    finally:
        a.close()
        b.close()


def in_background(function, *args, **options):
    thread = threading.Thread(target=function, args=args, kwargs=options, daemon=True)
    thread.start()
    return thread


class Records:
    """The TLS records of one direction, whole, each shown to `change(index, record)`,
    which returns what goes on in its place. But for those that mean nothing and stand
    where an older TLS had some [RFC 8446 D.4]: they are passed on and not counted."""

    HEADER, MEANINGLESS = 5, 0x14

    def __init__(self, change=lambda index, record: record):
        self.change = change
        self.rest = b""
        self.count = 0

    def __call__(self, data):
        self.rest += data
        out = b""
        while len(self.rest) >= self.HEADER:
            size = self.HEADER + int.from_bytes(self.rest[3:5], "big")
            if len(self.rest) < size:
                break
            record, self.rest = self.rest[:size], self.rest[size:]
            if record[0] == self.MEANINGLESS:
                out += record
                continue
            out += self.change(self.count, record)
            self.count += 1
        return out


class Tamper:
    """What happens to record `at` of a direction, and once more to none."""

    def __init__(self, how, at):
        self.how, self.at = how, at
        self.held = b""
        self.done = False

    def __call__(self, index, record):
        if index < self.at or self.done and not self.held and self.how != "stall":
            return record
        return getattr(self, self.how)(index, record)

    def drop(self, index, record):
        self.done = True
        return b""

    def duplicate(self, index, record):
        self.done = True
        return record + record

    def corrupt(self, index, record):
        self.done = True
        middle = len(record) // 2
        return record[:middle] + bytes([record[middle] ^ 1]) + record[middle + 1 :]

    def swap(self, index, record):
        """With the next one."""
        if index == self.at:
            self.held, self.done = record, True
            return b""
        held, self.held = self.held, b""
        return record + held

    def truncate(self, index, record):
        """Nothing after half of it."""
        raise Cut

    def end(self, index, record):
        raise Cut

    def stall(self, index, record):
        self.done = True
        return b""

    def inject(self, index, record):
        """A record of nobody's before it."""
        self.done = True
        return b"\x17\x03\x03\x00\x20" + bytes(32) + record
