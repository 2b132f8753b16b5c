"""Productions as pages have them: the desk that hands them out, and who may see into one."""

from __future__ import annotations

from archiver.desk.production_handout import Handouts
from archiver.model.queries.productions import ProductionRow
from archiver.web.gate import Visitor
from archiver.web.site import Site


def handouts_of(site: Site) -> Handouts:
    """The desk over the productions of the site's archive."""
    archive = site.archive
    return Handouts(
        archive.database,
        archive.clock,
        archive.settings.sections.agency,
        base=site.home / "productions",
        authorities=archive.checkpoints.authorities,
    )


def sees_into(site: Site, who: Visitor, row: ProductionRow) -> bool:
    """May they see what is in it?"""
    if not who.viewer.departments:
        return True
    return all(who.viewer.sees(each) for each in handouts_of(site).departments(row))


def require_all(site: Site, who: Visitor, row: ProductionRow) -> None:
    """Raises: RefusedError when it holds records of a department that is not theirs."""
    if who.viewer.departments:
        for each in sorted(handouts_of(site).departments(row)):
            who.viewer.require_department(each)
