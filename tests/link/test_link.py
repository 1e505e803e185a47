"""Clients of one core over a real socket: who may act, who is told, who is let go."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from central_sync.retail.plain import Unreadable
from pos_client.link import server
from pos_client.link.client import CoreClient, CoreGone, Listener, NotLeased, PushedScan
from pos_client.link.protocol import encode
from pos_client.register.commands import EnterCode, ScanCode, SignOff
from pos_client.register.queries import FoundItems, Search
from pos_client.register.view import View
from tests.link.counterpart import CountingHandler, Served, soon


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path / "core.sock")
    yield served
    served.close()


def test_a_command_comes_back_as_the_view_after_it(core: Served) -> None:
    view = core.client().do(EnterCode("7312"))
    assert [line.sku for line in view.lines] == ["7312"]


def test_a_new_client_sees_what_is_there(core: Served) -> None:
    core.client().do(EnterCode("7312"))
    assert len(core.client().view.lines) == 1


def test_only_the_tills_own_user_may_speak_to_the_core(core: Served) -> None:
    assert stat.S_IMODE(os.stat(core.path).st_mode) == 0o600


def test_a_socket_file_that_is_there_answers(tmp_path: Path) -> None:
    paths = [tmp_path / f"core-{number}.sock" for number in range(100)]
    refused: list[Path] = []

    def connects_at_once() -> None:
        for path in paths:
            while not path.exists():
                pass
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
                if client.connect_ex(str(path)) != 0:
                    refused.append(path)

    waiting = threading.Thread(target=connects_at_once)
    waiting.start()
    served = [server.LinkServer(path, CountingHandler()) for path in paths]
    waiting.join()
    for each in served:
        each.close()

    assert refused == []


def test_the_first_client_may_act_and_the_second_may_watch(core: Served) -> None:
    first, second = core.client(), core.client()
    assert (first.has_lease, second.has_lease) == (True, False)
    with pytest.raises(NotLeased):
        second.do(EnterCode("1"))
    assert core.handler.done == []


def test_who_watches_sees_what_the_other_does(core: Served) -> None:
    seen: list[View] = []
    first = core.client()
    second = core.client(Listener(on_view=seen.append))
    first.do(EnterCode("1"))
    first.do(EnterCode("2"))
    assert soon(lambda: len(second.view.lines) == 2)
    assert seen[-1] == first.view


def test_a_take_over_moves_the_lease_and_tells_the_one_who_had_it(core: Served) -> None:
    lost: list[bool] = []
    first = core.client(Listener(on_lease_lost=lambda: lost.append(True)))
    second = core.client()
    assert not second.take_lease()
    assert second.take_lease(force=True)
    assert soon(lambda: lost == [True])
    assert not first.has_lease
    with pytest.raises(NotLeased):
        first.do(EnterCode("1"))
    assert second.do(EnterCode("1")).last_line == 1


def test_a_closed_client_frees_the_lease(core: Served) -> None:
    core.client().close()
    assert soon(lambda: core.link.client_count == 0)
    assert core.client().has_lease


def test_a_killed_leaseholder_frees_the_lease(core: Served) -> None:
    script = (
        "import sys, time; from pathlib import Path;"
        "from pos_client.link.client import CoreClient;"
        "client = CoreClient(Path(sys.argv[1])); client.connect();"
        "print(client.has_lease, flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(core.path)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    with holder, holder.stdout:
        assert holder.stdout.readline() == "True\n"
        watcher = core.client()
        assert not watcher.has_lease
        holder.send_signal(signal.SIGKILL)
        assert soon(lambda: watcher.take_lease())


def raw(core: Served) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(str(core.path))
    return connection


def test_a_client_gone_in_the_middle_of_its_words_does_not_keep_the_lease(core: Served) -> None:
    with raw(core) as stranger:
        words = [encode({"id": 1, "ask": {"is": "Search", "text": "sko"}}) for _ in range(200)]
        stranger.sendall(b"".join(words) + encode({"id": 2, "lease": True}))
    assert soon(lambda: core.link.client_count == 0)
    assert core.client().has_lease


def test_a_client_that_stops_reading_is_let_go(
    core: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MOST_UNSENT_BYTES", 200_000)
    deaf = raw(core)
    working = core.client()
    assert core.link.client_count == 2
    for number in range(2_000):
        working.do(EnterCode(f"{number}" * 200))
        if core.link.client_count == 1:
            break
    assert core.link.client_count == 1
    assert working.do(SignOff()) is working.view
    deaf.close()


def test_a_client_that_sends_without_end_is_let_go(
    core: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MOST_REQUEST_BYTES", 100_000)
    with raw(core) as stranger, pytest.raises(OSError, match=r"pipe|reset"):
        stranger.sendall(b"x" * 10_000_000)
    assert soon(lambda: core.link.client_count == 0)


@pytest.mark.parametrize(
    "message",
    [
        b"rubbish\n",
        b"[]\n",
        b'{"id": 1}\n',
        b'{"id": 1, "do": {"is": "Nonsense"}}\n',
        b'{"id": 1, "do": {"is": "EnterCode", "code": 5}}\n',
        b'{"id": 1, "do": null}\n',
        b'{"id": 1, "ask": {"is": "EnterCode", "code": "5"}}\n',
        b'{"id": 1, "do": {"is": "EnterCode", "code": "\\ud800"}}\n',
        b'{"scan": "twelve", "taken": true}\n',
        b'{"scan": null}\n',
        b'{"scan": 1.5}\n',
    ],
)
def test_an_odd_message_is_answered_and_stops_nothing(core: Served, message: bytes) -> None:
    with raw(core) as stranger:
        stranger.sendall(b'{"id": 0, "lease": true}\n' + message)
        stranger.settimeout(5.0)
        received = b""
        while b"error" not in received:
            received += stranger.recv(4096)
    assert core.client().view == View()
    assert core.handler.done == []


def test_an_answer_that_comes_later_finds_its_question(core: Served) -> None:
    core.handler.holds_answers = True
    client = core.client()
    with pytest.raises(CoreGone, match="in time"):
        client.ask(Search("sko"), timeout_seconds=0.05)
    core.on_core(lambda: core.handler.waiting.pop()(None))
    core.handler.holds_answers = False
    found = client.ask(Search("känga"))
    assert isinstance(found, FoundItems)
    assert found.items[0].name == "känga"


def test_an_answer_for_a_client_that_is_gone_is_dropped(core: Served) -> None:
    core.handler.holds_answers = True
    client = core.client()
    with pytest.raises(CoreGone):
        client.ask(Search("sko"), timeout_seconds=0.05)
    client.close()
    assert soon(lambda: core.link.client_count == 0)
    core.on_core(lambda: core.handler.waiting.pop()(None))
    assert core.client().has_lease


def test_a_scan_is_pushed_to_the_one_who_may_act(core: Served) -> None:
    scans: list[PushedScan] = []
    others: list[PushedScan] = []
    core.client(Listener(on_scan=scans.append))
    core.client(Listener(on_scan=others.append))
    core.on_core(lambda: core.link.push_scan(7, "7312", "E0"))
    assert soon(lambda: scans == [PushedScan(7, "7312", "E0")])
    assert others == []


def test_a_scan_with_nobody_there_is_not_pushed(core: Served) -> None:
    pushed: list[bool] = []
    core.on_core(lambda: pushed.append(core.link.push_scan(7, "7312", "E0")))
    assert pushed == [False]


def test_a_screen_refuses_or_accepts_a_scan_by_its_number(core: Served) -> None:
    client = core.client()
    client.refuse_scan(7)
    client.accept_scan(8)
    client.do(ScanCode("7312", "E0", 1, 9))
    assert (core.handler.refused, core.handler.taken) == ([7], [8])


def test_news_is_pushed_without_being_asked_for(core: Served) -> None:
    seen: list[View] = []
    core.client(Listener(on_view=seen.append))
    core.handler.says("scan.damaged")
    core.on_core(core.link.publish)
    assert soon(lambda: bool(seen) and seen[-1].message is not None)


def test_news_that_changes_nothing_is_not_pushed(core: Served) -> None:
    seen: list[View] = []
    client = core.client(Listener(on_view=seen.append))
    core.on_core(core.link.publish)
    client.do(EnterCode("1"))
    assert seen == []


def test_a_client_learns_that_the_core_is_gone(core: Served) -> None:
    gone: list[bool] = []
    client = core.client(Listener(on_gone=lambda: gone.append(True)))
    core.stop()
    assert soon(lambda: gone == [True])
    with pytest.raises(CoreGone):
        client.do(EnterCode("1"))


def test_a_client_that_leaves_is_not_told_so(core: Served) -> None:
    gone: list[bool] = []
    client = core.client(Listener(on_gone=lambda: gone.append(True)))
    client.close()
    assert soon(lambda: core.link.client_count == 0)
    assert gone == []


def test_nobody_at_the_socket_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CoreGone, match="no register answers"):
        CoreClient(tmp_path / "core.sock").connect()


def test_a_request_that_cannot_be_read_is_told_to_its_sender(core: Served) -> None:
    client = core.client()
    with pytest.raises(Unreadable, match="neither do"):
        client._request({"sing": True})


def test_a_socket_left_by_a_dead_core_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "core.sock").touch()
    served = Served(tmp_path / "core.sock")
    assert served.client().has_lease
    served.close()
