"""Nobody reaches the network past the recorder, and nobody reaches an inner address."""

from __future__ import annotations

import socket
import subprocess
import sys
import textwrap

import pytest

from archiver.errors import UsageError
from archiver.outbound import AddressPolicy
from connectors.errors import AddressRefused


def run(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own: the guard cannot be taken away again."""
    begin = """
        import socket, threading
        from archiver.errors import UnrecordedCallError
        from archiver.outbound import install, permitted
        server = socket.create_server(("127.0.0.1", 0))
        port = server.getsockname()[1]
        install()
        install()
    """
    text = textwrap.dedent(begin) + textwrap.dedent(code)
    return subprocess.run(
        [sys.executable, "-c", text],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def succeeds(code: str) -> None:
    done = run(code)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "call",
    [
        "socket.create_connection(('127.0.0.1', port))",
        "socket.socket().connect_ex(('127.0.0.1', port))",
        "__import__('urllib.request').request.urlopen(f'http://127.0.0.1:{port}/')",
        "__import__('http.client').client.HTTPConnection('127.0.0.1', port).connect()",
        "__import__('requests').get(f'http://127.0.0.1:{port}/')",
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', port))",
        "socket.socket(socket.AF_INET6).connect(('::1', port))",
        "__import__('asyncio').run(__import__('asyncio').open_connection('127.0.0.1', port))",
    ],
)
def test_a_call_past_the_recorder_is_refused(call: str) -> None:
    done = run(call)
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("archiver.errors.UnrecordedCallError: code tried to reach")


def test_a_thread_does_not_inherit_the_permit_of_another() -> None:
    succeeds(
        """
        raised = []
        def call():
            try:
                socket.create_connection(("127.0.0.1", port))
            except UnrecordedCallError as error:
                raised.append(error)
        with permitted("recorder"):
            thread = threading.Thread(target=call)
            thread.start()
            thread.join()
        assert len(raised) == 1
        server.close()
        """
    )


def test_inside_a_permit_the_connection_is_made_and_the_permit_ends() -> None:
    succeeds(
        """
        with permitted("notify"):
            with permitted("vault"):
                pass
            socket.create_connection(("127.0.0.1", port)).close()
        try:
            socket.create_connection(("127.0.0.1", port))
        except UnrecordedCallError:
            server.close()
        else:
            raise SystemExit("the permit did not end")
        """
    )


def test_sockets_of_this_machine_are_left_alone() -> None:
    succeeds(
        """
        first, second = socket.socketpair()
        first.sendall(b"x")
        assert second.recv(1) == b"x"
        unix = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            unix.connect("/nowhere/at/all")
        except FileNotFoundError:
            pass
        for each in (first, second, unix, server):
            each.close()
        """
    )


PUBLIC = ["8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "64:ff9b::808:808", "2002:808:808::1"]
INNER = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "198.18.0.1",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::10.0.0.1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "2002:a00:1::1",
    "5f00::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_permitted(address: str) -> None:
    assert AddressPolicy().permits("example.org", address)


@pytest.mark.parametrize("address", INNER)
def test_an_inner_address_is_not(address: str) -> None:
    assert not AddressPolicy().permits("example.org", address)


def test_allowed_networks_and_hosts_are_permitted() -> None:
    policy = AddressPolicy(["10.1.0.0/16", "[fd00::]/8", "WordPress.City.example."])
    assert policy.permits("any.example", "10.1.9.9")
    assert policy.permits("any.example", "::ffff:10.1.9.9")
    assert not policy.permits("any.example", "10.2.0.1")
    assert policy.permits("any.example", "fd00::7")
    assert policy.permits("wordpress.city.example", "192.168.0.9")
    assert not policy.permits("not-wordpress.city.example", "192.168.0.9")


@pytest.mark.parametrize("entry", ["", "http://x/", "10.0.0.0/99", "two words", "a@b"])
def test_a_wrong_entry_is_refused(entry: str) -> None:
    with pytest.raises(UsageError, match="neither a host name nor a network"):
        AddressPolicy([entry])


def test_of_several_addresses_only_the_permitted_ones_are_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
    answer = [(*stream, (address, 443)) for address in ("10.0.0.1", "8.8.8.8", "8.8.8.8")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: answer)
    assert AddressPolicy().resolve("mixed.example", 443) == ["8.8.8.8"]


def test_the_refusal_names_the_host_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
    answer = [(*stream, ("10.0.0.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: answer)
    with pytest.raises(AddressRefused, match=r"^inner\.example has no .*10\.0\.0\.1.* settings$"):
        AddressPolicy().resolve("inner.example", 443)


@pytest.mark.parametrize("url", ["ftp://x/", "file:///x", "https:///x", "x", "http://[::1"])
def test_what_is_no_web_address_is_refused_without_asking_anybody(url: str) -> None:
    with pytest.raises(AddressRefused):
        AddressPolicy().check_url(url)


def test_a_web_address_passes_the_first_check() -> None:
    AddressPolicy().check_url("HTTPS://example.org/x")
