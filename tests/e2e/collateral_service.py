# SPDX-License-Identifier: Apache-2.0
"""A server with the paths, headers and throttling of AMD's KDS and Intel's PCS."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, urlsplit


def intel_answers(folder, tee, ca, fmspc):
    """What Intel publishes of the machine whose collateral is in the folder."""
    chain, issuers = folder / "tcb_signing_chain.pem", folder / "pck_crl_issuer_chain.pem"
    v4 = "certification/v4"
    return {
        (f"/{tee}/{v4}/tcb", f"fmspc={fmspc}"): (
            folder / "tcb_info.json", ("TCB-Info-Issuer-Chain", chain)),
        (f"/{tee}/{v4}/qe/identity", ""): (
            folder / "qe_identity.json", ("SGX-Enclave-Identity-Issuer-Chain", chain)),
        (f"/sgx/{v4}/pckcrl", f"ca={ca}&encoding=der"): (
            folder / "pck_crl.der", ("SGX-PCK-CRL-Issuer-Chain", issuers)),
        (f"/sgx/{v4}/rootcacrl", ""): (folder / "root_ca_crl.der", None),
    }


class Service:
    """What it has, what it was asked, and how it behaves."""

    def __init__(self):
        self.answers = {}
        self.asked = []
        self.times = []
        self.throttle = []  # (status, headers) for the requests that come next
        self.delay = 0
        self.encode = None  # of CRLs: another form than DER
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                service.answer(self)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, request):
        url = urlsplit(request.path)
        self.asked.append(request.path)
        self.times.append(time.monotonic())
        time.sleep(self.delay)
        status, headers, body = 404, {}, b"not found"
        found = self.answers.get((url.path, url.query))
        if self.throttle:
            status, headers = self.throttle.pop(0)
        elif found is not None:
            file, chain = found
            status, body = 200, file.read_bytes()
            if chain is not None:
                headers[chain[0]] = quote(chain[1].read_text(), safe="")
            if self.encode is not None and url.path.endswith("crl"):
                body = self.encode(body)
        request.send_response(status)
        for header, value in headers.items():
            request.send_header(header, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
