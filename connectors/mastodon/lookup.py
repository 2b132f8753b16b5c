"""Is it still there? What the server says of statuses and accounts asked for by id.

| answer                                  | finding                                          |
|-----------------------------------------|--------------------------------------------------|
| the status                              | present                                          |
| 404, 410                                | gone, nobody says by whom; the server says the   |
|                                         | same of what this reader may not see             |
| 403 with an error in JSON               | unreachable: this reader may not see it          |
| an account: 404, 410, or suspended      | unreachable: the account is closed               |

Since "not found" may mean a lost permission, the capture engine looks known posts up along
with the missing ones. A 401 raises: then nothing is said of any of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import requests

from connectors.base import Evidence, Finding, Kind, Presence, Target
from connectors.errors import BadAnswer
from connectors.mastodon.answers import answer_of, id_of
from connectors.mastodon.faults import NOT_THERE, in_json, said_in
from connectors.mastodon.server import Server
from connectors.recorded_http import exchange_of

AT_ONCE = 20  # Mastodon answers for no more
_NO_SUCH_QUESTION = frozenset({400, 401, 403, 404, 405, 410, 422})


def find(server: Server, targets: Sequence[Target]) -> Iterator[Finding]:
    """One finding per target: first many ids in one request, then the missing one by one."""
    statuses = [target for target in targets if target.kind is not Kind.PROFILE]
    for start in range(0, len(statuses), AT_ONCE):
        batch = statuses[start : start + AT_ONCE]
        there, exchange = _listed(server, batch)
        for target in batch:
            if target.id in there:
                yield Finding(target=target, presence=Presence.PRESENT, exchange=exchange)
            else:
                yield find_status(server, target)
    for target in targets:
        if target.kind is Kind.PROFILE:
            yield _find_account(server, target)


def find_status(server: Server, target: Target) -> Finding:
    """The finding of one status. Raises: ConnectorError."""
    return finding_of(server, target, server.send(f"v1/statuses/{target.id}"))


def finding_of(server: Server, target: Target, response: requests.Response) -> Finding:
    """What an answer about one status says of it. Raises: ConnectorError."""
    exchange = exchange_of(response)
    if response.status_code == 200:
        if id_of(answer_of(response).thing()) != target.id:
            raise BadAnswer(
                f"the server was asked for the post {target.id} and gave another one",
                exchange=exchange,
            )
        return Finding(target=target, presence=Presence.PRESENT, exchange=exchange)
    if response.status_code in NOT_THERE:
        presence, evidence = Presence.GONE, Evidence.UNKNOWN
    elif response.status_code == 403 and in_json(response):
        presence, evidence = Presence.UNREACHABLE, Evidence.PERMISSION_LOST
    else:
        raise server.error(response, scope="read:statuses")
    return Finding(
        target=target,
        presence=presence,
        exchange=exchange,
        evidence=evidence,
        statement=said_in(response),
    )


def _listed(server: Server, targets: Sequence[Target]) -> tuple[set[str], str]:
    """Which of them a single answer shows. None on servers that do not know the question, as
    Mastodon before 4.3; what is left out is asked for one by one in any case."""
    if len(targets) == 1:
        return set(), ""
    response = server.send("v1/statuses", [("id[]", target.id) for target in targets])
    if response.status_code in _NO_SUCH_QUESTION:
        return set(), ""
    if response.status_code != 200:
        raise server.error(response, scope="read:statuses")
    answer = answer_of(response)
    return {id_of(row) for row in answer.things()}, answer.exchange


def _find_account(server: Server, target: Target) -> Finding:
    response = server.send(f"v1/accounts/{target.id}")
    exchange, statement = exchange_of(response), said_in(response)
    if response.status_code == 200:
        if answer_of(response).thing().get("suspended") is not True:
            return Finding(target=target, presence=Presence.PRESENT, exchange=exchange)
        statement = "the server has suspended the account"
    elif response.status_code not in NOT_THERE:
        raise server.error(response, scope="read:accounts")
    return Finding(
        target=target,
        presence=Presence.UNREACHABLE,
        exchange=exchange,
        evidence=Evidence.ACCOUNT_CLOSED,
        statement=statement,
    )
