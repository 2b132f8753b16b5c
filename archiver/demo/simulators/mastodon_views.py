"""What a simulated Mastodon server shows of its world, in the form that Mastodon publishes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from archiver.demo.simulators.mastodon_world import Medium, Person, Status, Wording, World

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class View:
    """The world through the eyes of `reader`, an account's id; empty for visitors."""

    world: World
    reader: str
    url: str
    now: datetime

    def sees(self, status: Status) -> bool:
        """May this reader see it? Of a suspended author nobody sees anything."""
        if self.world.people[status.author].suspended:
            return False
        if status.repost_of:
            return self.sees(self.world.statuses[status.repost_of])
        own = self.reader in {status.author, status.reply_to_account}
        return status.visibility in {"public", "unlisted"} or (bool(self.reader) and own)

    def status(self, status: Status) -> Json:
        """A status, a repost with what it shows."""
        shown = self.world.statuses[status.repost_of] if status.repost_of else status
        edited = len(shown.states) > 1
        author = self.world.people[status.author]
        page = f"{self.url}/@{author.acct}/{status.id}"
        row: Json = {
            "id": status.id,
            "created_at": iso(status.created),
            "in_reply_to_id": status.reply_to or None,
            "in_reply_to_account_id": status.reply_to_account or None,
            "sensitive": bool(shown.now.warning),
            "spoiler_text": shown.now.warning,
            "visibility": shown.visibility,
            "language": shown.language,
            "uri": f"{self.url}/users/{author.handle}/statuses/{status.id}",
            "url": page,
            "replies_count": self.world.replies(shown),
            "reblogs_count": sum(
                1 for each in self.world.statuses.values() if each.repost_of == shown.id
            ),
            "favourites_count": shown.likes,
            "quotes_count": 0,
            "edited_at": iso(shown.now.made) if edited else None,
            "content": f"<p>{shown.now.text}</p>",
            "reblog": self.status(shown) if status.repost_of else None,
            "account": self.account(author),
            "media_attachments": self.media(shown.now),
            "mentions": [],
            "tags": [],
            "emojis": [],
            "card": None,
            "poll": self._poll(shown),
        }
        if self.reader:
            flags = ("favourited", "reblogged", "muted", "bookmarked")
            row |= dict.fromkeys(flags, False) | {"filtered": []}
        if self.reader == status.author and not status.repost_of:
            row["pinned"] = status.id in self.world.pins
        return row

    def history(self, status: Status) -> list[Json]:
        """From the first state to the present one."""
        return [self._state(status, each) for each in status.states]

    def account(self, person: Person, *, nested: bool = False) -> Json:
        """An account; a suspended one is shown empty."""
        silent = person.suspended
        row: Json = {
            "id": person.id,
            "username": person.handle,
            "acct": person.acct,
            "display_name": "" if silent else person.name,
            "locked": False,
            "bot": False,
            "discoverable": True,
            "indexable": True,
            "group": False,
            "created_at": iso(person.created.replace(hour=0, minute=0, second=0, microsecond=0)),
            "note": "" if silent else f"<p>{person.note}</p>",
            "url": f"{self.url}/@{person.acct}",
            "uri": f"{self.url}/users/{person.acct}",
            "avatar": f"{self.url}/media/{100_000 + person.picture}.png",
            "avatar_static": f"{self.url}/media/{100_000 + person.picture}.png",
            "header": f"{self.url}/media/{200_000 + person.picture}.png",
            "header_static": f"{self.url}/media/{200_000 + person.picture}.png",
            "followers_count": 12,
            "following_count": 3,
            "statuses_count": len(
                [each for each in self.world.of(person.id) if each.visibility != "direct"]
            ),
            "last_status_at": None,
            "emojis": [],
            "fields": []
            if silent
            else [{"name": n, "value": v, "verified_at": None} for n, v in person.fields],
        }
        if silent:
            row["suspended"] = True
        if person.moved_to and not nested:
            row["moved"] = self.account(self.world.people[person.moved_to], nested=True)
        return row

    def media(self, wording: Wording) -> list[Json]:
        """The attachments of a state."""
        return [self._medium(each) for each in wording.media]

    def _state(self, status: Status, wording: Wording) -> Json:
        row: Json = {
            "content": f"<p>{wording.text}</p>",
            "spoiler_text": wording.warning,
            "sensitive": bool(wording.warning),
            "created_at": iso(wording.made),
            "account": self.account(self.world.people[status.author]),
            "media_attachments": self.media(wording),
            "emojis": [],
        }
        if wording.options:
            row["poll"] = {"options": [{"title": title} for title in wording.options]}
        return row

    def _medium(self, medium: Medium) -> Json:
        address = f"{self.url}/media/{medium.number}.png"
        return {
            "id": medium.id,
            "type": "image",
            "url": address,
            "preview_url": address,
            "remote_url": None,
            "description": medium.description or None,
            "blurhash": None,
            "meta": {},
        }

    def _poll(self, status: Status) -> Json | None:
        if not status.now.options:
            return None
        ends = status.created + timedelta(days=1)
        options = zip(status.now.options, status.votes, strict=True)
        return {
            "id": status.id,
            "expires_at": iso(ends),
            "expired": self.now >= ends,
            "multiple": False,
            "votes_count": sum(status.votes),
            "voters_count": sum(status.votes),
            "options": [{"title": title, "votes_count": votes} for title, votes in options],
            "emojis": [],
        }


def iso(moment: datetime) -> str:
    """A time as Mastodon writes it: milliseconds, UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
