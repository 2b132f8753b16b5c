"""Is it still there? What X says of posts and users asked for by id."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectors.base import Evidence, Finding, Presence, Target
from connectors.errors import BadAnswer
from connectors.x.answers import Answer, Json, Problem, id_of, object_of, texts_of
from connectors.x.api import Api
from connectors.x.faults import is_suspension
from connectors.x.gather import LOOKUP_AT_ONCE, look_up


def find_posts(api: Api, targets: Sequence[Target]) -> Iterator[Finding]:
    """One finding per post. A post is asked for by the id of its first version, which X keeps
    readable as long as the chain exists. Raises: ConnectorError."""
    ids = list(dict.fromkeys(target.id for target in targets))
    for start in range(0, len(ids), LOOKUP_AT_ONCE):
        batch = ids[start : start + LOOKUP_AT_ONCE]
        yield from found_in(look_up(api, batch), [t for t in targets if t.id in batch])


def found_in(answer: Answer, targets: Sequence[Target]) -> Iterator[Finding]:
    """What an answer about these posts says of each of them."""
    there = {id_of(post): post for post in answer.things()}
    problems = {
        target.id: problem
        for problem in answer.problems()
        for target in targets
        if _is_about(problem, target.id)
    }
    for target in targets:
        thing, problem = there.get(target.id), problems.get(target.id)
        yield _finding(target, thing, problem, answer.exchange)


def find_user(api: Api, target: Target) -> Finding:
    """The finding for a profile. Raises: ConnectorError."""
    answer = api.users("user", f"/2/users/{target.id}", {})
    problem = next((p for p in answer.problems() if p.resource_type == "user"), None)
    finding = _finding(target, answer.thing() or None, problem, answer.exchange)
    if finding.presence is Presence.GONE:
        return Finding(
            target=target,
            presence=Presence.UNREACHABLE,
            exchange=finding.exchange,
            evidence=Evidence.ACCOUNT_CLOSED,
            statement=finding.statement,
        )
    return finding


def _finding(target: Target, thing: Json | None, problem: Problem | None, exchange: str) -> Finding:
    if thing is not None:
        presence, evidence, statement = _seen(thing)
    elif problem is not None:
        presence, evidence = _meaning(problem)
        statement = problem.statement
    else:
        raise BadAnswer(f"X gave neither {target.id} nor a reason", exchange=exchange)
    return Finding(
        target=target,
        presence=presence,
        exchange=exchange,
        evidence=evidence,
        statement=statement,
    )


def _seen(thing: Json) -> tuple[Presence, Evidence | None, str]:
    withheld = object_of(thing, "withheld")
    if not withheld:
        return Presence.PRESENT, None, ""
    countries = ", ".join(sorted(texts_of(withheld, "country_codes"))) or "unnamed countries"
    cause = " for copyright" if withheld.get("copyright") is True else ""
    return Presence.WITHHELD, Evidence.WITHHELD, f"withheld in {countries}{cause}"


def _meaning(problem: Problem) -> tuple[Presence, Evidence]:
    if is_suspension(problem):
        return Presence.UNREACHABLE, Evidence.ACCOUNT_CLOSED
    if problem.kind == "resource-not-found":
        return Presence.GONE, Evidence.UNKNOWN
    if problem.kind == "not-authorized-for-resource":
        return Presence.UNREACHABLE, Evidence.PERMISSION_LOST
    return Presence.UNREACHABLE, Evidence.UNKNOWN


def _is_about(problem: Problem, version: str) -> bool:
    """Some problems name the id, some only quote it."""
    if problem.resource_type not in {"", "tweet", "post"} or problem.parameter not in {"", "ids"}:
        return False
    return problem.resource_id == version or f"[{version}]" in problem.detail
