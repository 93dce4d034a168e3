#!/usr/bin/env python3
"""A mail server on loopback for tests, which insists on STARTTLS and AUTH.

    smtp-sink.py FOLDER [PORT]

Accepts user "u" with password "p". Writes its certificate authority to FOLDER/ca.pem and each message to
FOLDER/N.eml, whole or not at all. Prints 127.0.0.1:PORT when it is ready; without PORT it takes a free one.
"""
import asyncio
import itertools
import signal
import ssl
import sys
from pathlib import Path

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Folder:
    def __init__(self, path):
        self._path = path
        self._number = itertools.count(1)

    async def handle_DATA(self, server, session, envelope):
        name = f"{next(self._number)}.eml"
        written = self._path / f"{name}.new"
        written.write_bytes(envelope.content)
        written.rename(self._path / name)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    known = isinstance(data, LoginPassword) and (data.login, data.password) == (b"u", b"p")
    return AuthResult(success=known, handled=known)


def tls(folder):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    return context


async def serve(folder, port):
    folder.mkdir(parents=True, exist_ok=True)
    context, handler = tls(folder), Folder(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(handler, hostname="localhost", tls_context=context, require_starttls=True, auth_required=True,
                     auth_require_tls=True, authenticator=authenticate, enable_SMTPUTF8=True, loop=loop),
        host="127.0.0.1", port=port)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    print(f"127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await ended.wait()
    server.close()


asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))
