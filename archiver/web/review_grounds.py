"""The grounds that a reviewer of an agency chooses from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archiver.desk.exemptions import Catalogue, Exemption
from config.settings import Agency

FEDERAL, OWN = "US", "agency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """`usable` may be chosen: those of the agency's state first, then its own, then federal
    ones. `leads` cannot be before the agency confirms them; `told` are no grounds to withhold."""

    usable: Sequence[Exemption]
    leads: Sequence[Exemption]
    told: Sequence[Exemption]


def grounds_of(exemptions: Catalogue, agency: Agency) -> Grounds:
    """The catalogue as it concerns an agency; one that names no state sees that of all."""
    order = {agency.state.upper(): 0, OWN: 1, FEDERAL: 2}
    found = [each for each in exemptions.all() if not agency.state or each.jurisdiction in order]
    found.sort(key=lambda each: (order.get(each.jurisdiction, 3), each.jurisdiction))
    return Grounds(
        usable=[each for each in found if each.usable],
        leads=[each for each in found if each.withholds and not each.usable],
        told=[each for each in found if not each.withholds],
    )
