"""Which lists a site has, and how each is asked for: content types, media, comments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.base import Kind
from connectors.errors import Misconfigured
from connectors.wordpress.shapes import Row, objects, text
from connectors.wordpress.site import Site

COMMENTS = "comments"
CORE = ("post", "page", "attachment")  # walked first, in this order
FILE_STATES = "inherit,private,trash"
EMBED = "author,wp:featuredmedia,wp:term"


@dataclass(frozen=True, slots=True)
class Source:
    """One list: `name` is the content type's slug or "comments"; `params` select all of it."""

    name: str
    route: str
    kind: Kind
    params: Mapping[str, str]

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of item it brings."""
        if self.kind is Kind.COMMENT:
            return frozenset({Kind.COMMENT, Kind.REPLY})
        return frozenset({self.kind})

    @property
    def own_type(self) -> bool:
        """Is it a type that a plug-in or theme made?"""
        return self.name not in {*CORE, COMMENTS}


def sources_of(site: Site, wanted: str) -> tuple[Source, ...]:
    """The lists to walk. `wanted` names content types, or is empty for all content.

    Signed in, each list holds every status there is, the trash included, so that a thing
    that changes its status during a walk cannot slip between two lists.

    Raises: Misconfigured when a wanted type does not exist; ConnectorError.
    """
    answer = site.ask("wp/v2/types", {"context": "edit"} if site.signed else None)
    types = objects(answer.body, f"{site.address} wp/v2/types", answer.exchange)
    names = _chosen(site, types, wanted)
    states = ",".join(_states(site)) if site.signed else ""
    found = [_type_source(site, name, types[name], states) for name in names]
    return (*found, _comments(site))


def _chosen(site: Site, types: Mapping[str, Row], wanted: str) -> list[str]:
    offered = {name for name, each in types.items() if text(each, "rest_base")}
    if wanted:
        names = [name.strip() for name in wanted.split(",") if name.strip()]
        unknown = sorted(set(names) - offered)
        if unknown:
            raise Misconfigured(
                f"{site.address} has no content type {', '.join(unknown)}; "
                f"the option types may name: {', '.join(sorted(offered))}"
            )
    else:
        names = [name for name in offered if _is_content(name, types[name])]
    return sorted(names, key=lambda name: (CORE.index(name) if name in CORE else 1.5, name))


def _is_content(name: str, row: Row) -> bool:
    """Templates, menus, re-usable blocks and fonts make up the site, not what it says."""
    return (
        not name.startswith("wp_") and name != "nav_menu_item" and row.get("viewable") is not False
    )


def _states(site: Site) -> list[str]:
    answer = site.ask("wp/v2/statuses", {"context": "edit"})
    return sorted(objects(answer.body, f"{site.address} wp/v2/statuses", answer.exchange))


def _type_source(site: Site, name: str, row: Row, states: str) -> Source:
    kind = {"page": Kind.PAGE, "attachment": Kind.MEDIA}.get(name, Kind.POST)
    params = {"_embed": "author" if kind is Kind.MEDIA else EMBED}
    if site.signed:
        params |= {"context": "edit", "status": FILE_STATES if kind is Kind.MEDIA else states}
    space = text(row, "rest_namespace") or "wp/v2"  # told since WordPress 5.9
    return Source(name, f"{space}/{text(row, 'rest_base')}", kind, params)


def _comments(site: Site) -> Source:
    # "any" also lists the comments that went into the trash with their post, which no single
    # status of the public documentation does; "all" brings pingbacks and trackbacks as well.
    params = {"context": "edit", "status": "any", "type": "all"} if site.signed else {}
    return Source(COMMENTS, "wp/v2/comments", Kind.COMMENT, params)
