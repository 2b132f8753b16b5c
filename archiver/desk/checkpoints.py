"""Checkpoints: what the ledger is at a moment, stamped with the time by somebody else.

A checkpoint is made when the ledger has new lines. Each configured authority stamps each
checkpoint; what an authority has not stamped is asked for again in every round, newest first,
and is an alarm until it is there. A later stamp says that the checkpoint existed then: it
never becomes as early as the one that was missed, but it is never given up either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archiver.clock import Clock
from archiver.ledger import timestamp
from archiver.ledger.timestamp import TimestampError
from archiver.model.database import Database
from archiver.model.queries import checkpoints, health
from archiver.model.queries.checkpoints import Checkpoint, Token
from config.settings import Authority, Proof

TIME_STAMPS = "time stamps"  # the alarm's kind
_AT_ONCE = 100  # stamps that one round asks of an authority: after an outage it is not flooded


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round did: the new checkpoint if there was news, stamps that came, and a
    sentence for each authority that failed."""

    made: Checkpoint | None
    stamps: int
    problems: tuple[str, ...]

    def __str__(self) -> str:
        lines = f"one over {self.made.seq} ledger lines" if self.made else "no new one"
        return f"{lines}, {self.stamps} time stamps"


class Checkpoints:
    """Makes checkpoints and has them stamped."""

    def __init__(self, database: Database, clock: Clock, settings: Proof) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings

    @property
    def authorities(self) -> tuple[Authority, ...]:
        """Those that stamp each checkpoint."""
        return self._settings.authorities

    def round(self) -> Round:
        """Make a checkpoint if there is news, fetch all missing stamps, raise or end the alarm.

        Raises: StoreError when the database cannot be used.
        """
        made = self._make()
        stamps, problems = 0, []
        for authority in self.authorities:
            fetched, problem = self._catch_up(authority)
            stamps += fetched
            problems += [problem] if problem else []
        self._alarm(problems)
        return Round(made=made, stamps=stamps, problems=tuple(problems))

    def current(self) -> tuple[Checkpoint | None, list[Token], Round]:
        """The checkpoint over every line that is there now, freshly made if need be, with its
        stamps and what the round met; no checkpoint if the ledger is empty.

        Raises: StoreError when the database cannot be used.
        """
        done = self.round()
        with self._database.read() as connection:
            newest = checkpoints.newest(connection)
            held = checkpoints.tokens(connection, checkpoint_id=newest.id) if newest else ()
            return newest, list(held), done

    def _make(self) -> Checkpoint | None:
        with self._database.read() as connection:
            seq = checkpoints.last_line(connection)
            before = checkpoints.newest(connection)
            if seq == (before.seq if before else 0):
                return None
            # Lines are only ever added, so this needs no lock however long it takes.
            head, root = checkpoints.root_at(connection, seq)
        with self._database.write() as connection:
            return checkpoints.add(connection, seq=seq, head=head, root=root, at=self._clock.now())

    def _catch_up(self, authority: Authority) -> tuple[int, str]:
        """How many stamps came, and what went wrong: an authority that failed once is left
        alone until the next round."""
        with self._database.read() as connection:
            lacking = checkpoints.without_token(connection, authority.url, limit=_AT_ONCE)
        fetched = 0
        for each in lacking:
            try:
                stamp = timestamp.fetch(authority.url, each.statement(), ca_file=authority.ca_file)
            except TimestampError as error:
                return fetched, f"{authority.url}: {error}"
            token = Token(
                checkpoint_id=each.id,
                authority=authority.url,
                answer=stamp.answer,
                stamped_at=stamp.at,
                at=self._clock.now(),
            )
            with self._database.write() as connection:
                checkpoints.add_token(connection, token)
            fetched += 1
        return fetched, ""

    def _alarm(self, problems: Sequence[str]) -> None:
        now = self._clock.now()
        with self._database.write() as connection:
            if not problems:
                health.close_alarms(connection, account_id=None, kinds=(TIME_STAMPS,), at=now)
                return
            counts = [
                checkpoints.count_without_token(connection, each.url) for each in self.authorities
            ]
            number = sum(count for count, _ in counts)
            health.open_alarm(
                connection,
                account_id=None,
                kind=TIME_STAMPS,
                text=f"{number} time stamps of checkpoints are missing and are asked for again: "
                f"{'; '.join(problems)}",
                since=min((first for _, first in counts if first is not None), default=now),
                at=now,
            )
