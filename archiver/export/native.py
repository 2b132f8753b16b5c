"""The items for programs, each format written as a stream.

items.jsonl             one object a line, in the order of the production, exact to the character
item.schema.json        what those objects are (JSON Schema, draft 2020-12)
activitystreams.jsonld  the same as one OrderedCollection of ActivityStreams 2.0
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import orjson

from archiver.export import stamps
from archiver.export.activitystreams import CONTEXT, activity_object, iri
from archiver.export.base import Production, Tell, original_said
from archiver.export.contents import contents
from archiver.export.item_json import item_json
from archiver.export.output import written

ITEMS = "items.jsonl"
SCHEMA = "item.schema.json"
STREAM = "activitystreams.jsonld"


class JsonExporter:
    """Own JSON with its schema, and ActivityStreams 2.0."""

    name = "json"

    def write(self, production: Production, folder: Path, tell: Tell) -> None:
        """Write the three files into an empty folder.

        Raises: ExportError when the staging cannot be read or the disk refuses.
        """
        with written(production, "the JSON"):
            (folder / SCHEMA).write_bytes(schema())
            originals = production.originals()
            parents = [entry.parent for entry in contents(production).entries]
            with (folder / ITEMS).open("wb") as lines, (folder / STREAM).open("wb") as stream:
                stream.write(_head(production))
                rows = zip(production.items(), parents, strict=True)
                for done, (item, parent) in enumerate(rows, 1):
                    said = original_said(originals.get(item.exchange_id))
                    lines.write(orjson.dumps(item_json(item, original=said)) + b"\n")
                    made = activity_object(item, production.agency, parent)
                    stream.write((b",\n" if done > 1 else b"\n") + orjson.dumps(made))
                    tell(done)
                stream.write(b"\n]}\n")


def schema() -> bytes:
    """The JSON Schema of an item, as it is copied into packages."""
    return (files("archiver.export") / "schemas" / SCHEMA).read_bytes()


def _head(production: Production) -> bytes:
    """The collection up to the bracket in which its items stand."""
    facts = {
        "@context": CONTEXT,
        "id": iri(production.agency, "production", production.name),
        "type": "OrderedCollection",
        "name": f"{production.agency}: production {production.name}, {production.title}",
        "published": stamps.utc(production.made_at),
        "totalItems": production.released,
    }
    return orjson.dumps(facts)[:-1] + b',"orderedItems":['
