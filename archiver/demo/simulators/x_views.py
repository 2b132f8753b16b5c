"""The JSON that a simulated X gives of its world: only the fields and expansions asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from archiver.demo.simulators.x_fields import Names
from archiver.demo.simulators.x_files import BIT_RATES
from archiver.demo.simulators.x_world import EDITABLE, EDITS, Chain, Medium, Person, Version, World

Json = dict[str, object]
_SHOWN = 280  # characters of `text`; the rest is in the note


@dataclass(slots=True)
class View:
    """Renders for one request. `asked` maps parameter names to the values asked for."""

    world: World
    names: Names
    asked: Mapping[str, frozenset[str]]
    base: str  # where the media are served
    now: datetime
    problems: list[Json] = field(default_factory=list)

    def posts(self, chains: Sequence[tuple[Chain, Version]]) -> Json:
        """`data` and `includes` for these versions."""
        data = [self._post(chain, version) for chain, version in chains]
        includes: dict[str, list[Json]] = {
            name: rows
            for name, rows in (
                (self.names.posts, self._included_posts(chains)),
                ("users", self._included_users(chains)),
                ("media", self._included_media(chains)),
                ("polls", self._included_polls(chains)),
            )
            if rows
        }
        answer: Json = {"data": data} if data or self.names.name == "new" else {}
        if includes:
            answer["includes"] = includes
        return answer

    def user(self, person: Person) -> Json:
        """A user object."""
        handle = person.handle
        count = sum(1 for c in self.world.chains if c.author == person.id and not c.deleted)
        facts: Json = {
            "created_at": _time(person.created),
            "description": person.description,
            "location": person.location,
            "url": "https://t.co/" + person.handle,
            "profile_image_url": f"{self.base}/profile/{person.picture}_normal.png",
            "profile_banner_url": f"{self.base}/banner/{person.picture}.png",
            "protected": person.protected,
            "public_metrics": {
                "followers_count": 1200,
                "following_count": 17,
                self.names.post_total: count,
                "listed_count": 4,
            },
            "verified": True,
            "verified_type": "government",
        }
        if person.withheld:
            facts["withheld"] = {"country_codes": list(person.withheld), "scope": "user"}
        shown = self._fields("user.fields", facts)
        if person.pinned and self._wants_pinned():
            shown[self.names.pinned] = person.pinned
        return {"id": person.id, "name": person.name, "username": handle, **shown}

    def missing(self, parameter: str, value: str, resource: str = "") -> Json:
        """The problem "not found" for one id or handle."""
        resource = resource or self.names.resource
        what = "tweet" if resource == self.names.resource else resource
        return {
            "value": value,
            "detail": f"Could not find {what} with {parameter}: [{value}].",
            "title": "Not Found Error",
            "resource_type": resource,
            "parameter": parameter,
            "resource_id": value,
            "type": f"{self.names.host}/2/problems/resource-not-found",
        }

    def unauthorized(self, parameter: str, value: str, resource: str) -> Json:
        """The problem for what is there but not for these credentials."""
        return {
            "value": value,
            "detail": f"Sorry, you are not authorized to see the {resource} with "
            f"{parameter}: [{value}].",
            "title": "Authorization Error",
            "section": "data",
            "resource_type": resource,
            "parameter": parameter,
            "resource_id": value,
            "type": f"{self.names.host}/2/problems/not-authorized-for-resource",
        }

    def suspended(self, parameter: str, value: str) -> Json:
        """X calls a suspended user "not found", in other words."""
        return {
            **self.missing(parameter, value, "user"),
            "title": "Forbidden",
            "detail": f"User has been suspended: [{value}].",
        }

    def _wants_pinned(self) -> bool:
        if self.names.name == "classic":
            return self.names.pinned in self.asked["user.fields"]
        return self.names.pinned in self.asked["expansions"]

    def _fields(self, parameter: str, facts: Json) -> Json:
        asked = self.asked[parameter]
        return {name: value for name, value in facts.items() if name in asked}

    def _post(self, chain: Chain, version: Version) -> Json:
        names = self.names
        cut = len(version.text) > _SHOWN
        facts: Json = {
            "author_id": chain.author,
            "conversation_id": chain.conversation,
            "created_at": _time(version.made),
            "edit_controls": self._edit_controls(chain),
            "lang": "en",
            "possibly_sensitive": False,
            "public_metrics": self._metrics(chain),
            "reply_settings": "everyone",
        }
        if chain.media or chain.poll:
            facts["attachments"] = _attachments(chain)
        if version.links:
            facts["entities"] = {"urls": _urls(version)}
        if cut:
            facts[names.note] = {"text": version.text}
        references = _references(chain)
        if references:
            facts[names.references] = references
        if chain.withheld:
            facts["withheld"] = {"copyright": False, "country_codes": list(chain.withheld)}
        asked = self.asked[names.post_fields]
        if names.name == "new":
            # Here these three are no fields: their expansions bring them.
            asked |= {names.references} & self.asked["expansions"]
            asked |= {"author_id"} & self.asked["expansions"]
        return {
            "id": version.id,
            "text": version.text[: _SHOWN - 1] + "…" if cut else version.text,
            names.chain: [each.id for each in chain.versions],
            **{name: value for name, value in facts.items() if name in asked},
        }

    def _edit_controls(self, chain: Chain) -> Json:
        until = chain.versions[0].made + EDITABLE
        left = EDITS - len(chain.versions) + 1
        eligible = not (chain.poll or chain.repost_of)
        return {
            "edits_remaining": left,
            "is_edit_eligible": eligible,
            "editable_until": _time(until),
        }

    def _metrics(self, chain: Chain) -> Json:
        count = self.world.times_referred_to
        return {
            self.names.reposts: count(chain, "repost"),
            "reply_count": count(chain, "reply"),
            "like_count": chain.likes,
            "quote_count": count(chain, "quote"),
            "bookmark_count": 0,
            "impression_count": 10 * chain.likes,
        }

    def _included_posts(self, chains: Sequence[tuple[Chain, Version]]) -> list[Json]:
        expansions = self.asked["expansions"]
        rows: dict[str, Json] = {}
        if self.names.chain in expansions:
            for chain, shown in chains:
                for version in chain.versions:
                    if version.id != shown.id:
                        rows[version.id] = self._post(chain, version)
        if self.names.expand_references in expansions:
            for chain, _ in chains:
                for wanted in filter(None, (chain.repost_of, chain.reply_to, chain.quotes)):
                    other = self.world.readable(wanted)
                    if other is None:
                        self.problems.append(self.missing(self.names.expand_references, wanted))
                    else:
                        version = next(v for v in other.versions if v.id == wanted)
                        rows[wanted] = self._post(other, version)
        return list(rows.values())

    def _referred(self, chains: Sequence[tuple[Chain, Version]]) -> list[Chain]:
        wanted = (i for c, _ in chains for i in (c.repost_of, c.reply_to, c.quotes) if i)
        return [c for c in map(self.world.readable, wanted) if c is not None]

    def _included_users(self, chains: Sequence[tuple[Chain, Version]]) -> list[Json]:
        expansions = self.asked["expansions"]
        ids: dict[str, None] = {}
        if "author_id" in expansions:
            ids.update(dict.fromkeys(chain.author for chain, _ in chains))
        if "referenced_tweets.id.author_id" in expansions:
            ids.update(dict.fromkeys(chain.author for chain in self._referred(chains)))
        return [self.user(self.world.people[user_id]) for user_id in ids]

    def _included_media(self, chains: Sequence[tuple[Chain, Version]]) -> list[Json]:
        expansions = self.asked["expansions"]
        keys: dict[str, None] = {}
        if "attachments.media_keys" in expansions:
            keys.update(dict.fromkeys(key for chain, _ in chains for key in chain.media))
        if "referenced_tweets.id.attachments.media_keys" in expansions:
            keys.update(dict.fromkeys(k for c in self._referred(chains) for k in c.media))
        return [self._medium(self.world.media[key]) for key in keys]

    def _medium(self, medium: Medium) -> Json:
        facts: Json = {"width": 64, "height": 64}
        if medium.alt_text:
            facts["alt_text"] = medium.alt_text
        if medium.kind == "photo":
            facts["url"] = f"{self.base}/media/{medium.number}.png"
        else:
            facts["preview_image_url"] = f"{self.base}/media/{medium.number}.png"
            rates = BIT_RATES if medium.kind == "video" else (0,)
            variants: list[Json] = [
                {
                    "bit_rate": rate,
                    "content_type": "video/mp4",
                    "url": f"{self.base}/video/{medium.number}/{rate}.mp4",
                }
                for rate in rates
            ]
            playlist = f"{self.base}/video/{medium.number}/list.m3u8"
            variants.insert(0, {"content_type": "application/x-mpegURL", "url": playlist})
            facts["variants"] = variants
        if medium.kind == "video":
            facts["duration_ms"] = 4000
        shown = self._fields("media.fields", facts)
        return {"media_key": medium.key, "type": medium.kind, **shown}

    def _included_polls(self, chains: Sequence[tuple[Chain, Version]]) -> list[Json]:
        if "attachments.poll_ids" not in self.asked["expansions"]:
            return []
        rows: list[Json] = []
        for chain, _ in chains:
            if chain.poll:
                ballot = self.world.ballots[chain.poll]
                facts: Json = {
                    "duration_minutes": ballot.minutes,
                    "end_datetime": _time(ballot.ends),
                    "voting_status": "open" if self.now < ballot.ends else "closed",
                }
                options = [
                    {"position": place, "label": label, "votes": votes}
                    for place, (label, votes) in enumerate(
                        zip(ballot.options, chain.votes, strict=True), start=1
                    )
                ]
                shown = self._fields("poll.fields", facts)
                rows.append({"id": ballot.id, "options": options, **shown})
        return rows


def _time(moment: datetime) -> str:
    """X gives whole seconds, with zeros behind."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _attachments(chain: Chain) -> Json:
    attachments: Json = {}
    if chain.media:
        attachments["media_keys"] = list(chain.media)
    if chain.poll:
        attachments["poll_ids"] = [chain.poll]
    return attachments


def _references(chain: Chain) -> list[Json]:
    pairs = (
        ("retweeted", chain.repost_of),
        ("replied_to", chain.reply_to),
        ("quoted", chain.quotes),
    )
    return [{"type": how, "id": what} for how, what in pairs if what]


def _urls(version: Version) -> list[Json]:
    rows: list[Json] = []
    for short, full in version.links:
        start = version.text.index(short)
        rows.append(
            {
                "start": start,
                "end": start + len(short),
                "url": short,
                "expanded_url": full,
                "display_url": full.partition("://")[2],
            }
        )
    return rows
