"""Makes the released form of one item: what its marks name is gone from every field.

Of an item of which anything was taken out, the platform's JSON, the canonical form, its
digest and the address it was read from are gone too: each could give back what is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from archiver.desk.exemptions import Catalogue
from archiver.desk.plain_text import plain_text
from archiver.desk.staging_plan import Plan, Planned, Silenced
from archiver.export.base import Cut, Released, ReleasedFile, Sighted
from archiver.export.redaction_text import Span, mark, mentions, redacted
from archiver.model.queries.staging import Found, HeldItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What an item is made from. `files` are redacted already."""

    planned: Planned
    held: HeldItem
    files: tuple[ReleasedFile, ...]
    findings: Sequence[Found]
    metrics: dict[str, int]
    bates: str


class ItemMaker:
    """Makes released items by one plan."""

    def __init__(self, plan: Plan, exemptions: Catalogue) -> None:
        self._plan = plan
        self._exemptions = exemptions

    def made(self, parts: Parts) -> Released:
        """The item as the public may see it; its place in the ledger is added by the caller."""
        item = self._plain(parts)
        cuts = [*self._cuts(parts)]
        text, title = self._spans(parts, item.text), self._title_spans(parts, item.title)
        cuts += [self._cut("text", each.code) for each in text]
        cuts += [self._cut("title", each.code) for each in title]
        item = replace(item, text=redacted(item.text, text), title=redacted(item.title, title))
        if title:
            item = replace(item, permalink="")  # platforms make addresses from titles
        author = next((each for each in parts.planned.marks if each.what == "author"), None)
        if author is not None:
            item = replace(
                item,
                author_id="",
                author_handle="",
                author_name=mark(author.code),
                permalink="",
            )
        item, renamed = self._ids(parts, item)
        if renamed and not cuts:
            cuts.append(self._cut("native", renamed))
        if not cuts:
            return item
        return without_originals(item, tuple(cuts))

    def cut(self, field: str, code: str) -> Cut:
        """A cut as it may be told."""
        return self._cut(field, code)

    def _cuts(self, parts: Parts) -> Iterator[Cut]:
        """Those of the author and the files; spans are told where they are cut."""
        for each in parts.planned.marks:
            if each.what == "author":
                yield self._cut("author", each.code)
            elif each.what in ("region", "media"):
                yield self._cut(f"media {each.media + 1}", each.code)

    def _cut(self, field: str, code: str) -> Cut:
        found = self._exemptions.of(code)
        return Cut(field=field, code=code, citation=found.citation, label=found.label)

    def _spans(self, parts: Parts, text: str) -> list[Span]:
        own = [Span(e.start, e.end, e.code) for e in parts.planned.marks if e.what == "text"]
        return own + self._mentions(parts, text, own)

    def _title_spans(self, parts: Parts, title: str) -> list[Span]:
        own = [Span(e.start, e.end, e.code) for e in parts.planned.marks if e.what == "title"]
        return own + self._mentions(parts, title, own)

    def _mentions(self, parts: Parts, text: str, own: Sequence[Span]) -> list[Span]:
        """Where the text names a redacted author of its thread, outside its own marks."""
        found: list[Span] = []
        for author in self._plan.silenced.get(parts.planned.thread, ()):
            found += mentions(text, self._names(author, parts.planned), author.code)
        once = {(each.start, each.end): each for each in found}
        return [
            each
            for each in once.values()
            if not any(span.start <= each.start and each.end <= span.end for span in own)
        ]

    def _names(self, author: Silenced, planned: Planned) -> list[str]:
        names = [author.handle]
        if author.version_id == planned.version_id:
            names.append(author.name)
        return names

    def _ids(self, parts: Parts, item: Released) -> tuple[Released, str]:
        """With the ids replaced of items that are withheld or whose author is redacted; and
        the code, if there was one."""
        account = parts.planned.account_id
        words = self._plan.opaque
        own, parent, thread = (
            words.get((account, each), "")
            for each in (item.platform_id, item.parent_id, item.thread_id)
        )
        if not (own or parent or thread):
            return item, ""
        changed = replace(
            item,
            platform_id=own or item.platform_id,
            parent_id=parent or item.parent_id,
            thread_id=thread or item.thread_id,
            permalink="",  # addresses of answers are made from the ids of what they answer
        )
        return changed, self._plan.grounds[own or parent or thread]

    def _plain(self, parts: Parts) -> Released:
        held, planned = parts.held, parts.planned
        return Released(
            position=planned.order,
            bates=parts.bates,
            record_id=held.record_id,
            version=held.number,
            versions=held.versions,
            current=held.current,
            account=held.account,
            account_name=held.account_name,
            account_address=held.account_address,
            department=held.department,
            custodian=held.custodian,
            platform=held.platform,
            kind=held.kind,
            platform_id=held.platform_id,
            parent_id=held.parent_id,
            thread_id=held.thread_id,
            author_id=held.author_id,
            author_handle=held.author_handle,
            author_name=held.author_name,
            permalink=held.permalink,
            published_at=held.published_at,
            edited_at=held.edited_at,
            not_before=held.not_before,
            not_after=held.not_after,
            captured_at=held.captured_at,
            visibility=held.visibility,
            presence=held.presence,
            language=held.language,
            title=held.title,
            text=plain_text(held.state),
            files=parts.files,
            findings=tuple(_sighted(each) for each in parts.findings),
            metrics=parts.metrics,
            run_id=held.run_id,
            segment=held.segment,
            segment_sha256=held.segment_sha256,
            exchange_id=held.exchange_id,
            endpoint=held.endpoint,
            digest=held.digest,
            native=held.native,
            canonical=held.canonical,
        )


def without_originals(item: Released, cuts: tuple[Cut, ...]) -> Released:
    """The item with these cuts, and without anything that its original could be had from."""
    return replace(item, cuts=cuts, native="", canonical="", digest="", endpoint="")


def _sighted(found: Found) -> Sighted:
    return Sighted(
        at=found.at,
        stage=found.stage,
        presence=found.presence,
        evidence=found.evidence,
        statement=found.statement,
        not_before=found.not_before,
        not_after=found.not_after,
    )
