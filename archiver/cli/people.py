"""`archiver people`: who may use the web page."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from archiver.cli.app import AsJson, Who, app, options
from archiver.cli.screen import out, print_json
from archiver.desk.access import Role
from archiver.desk.people import Invited, People

people = typer.Typer(name="people", help="Who may use the web page.", no_args_is_help=True)
app.add_typer(people)

Login = Annotated[str, typer.Argument(help="What they sign in with: a mail address, or a name.")]
Roles = Annotated[list[Role], typer.Option("--role", help="What they may; again for further ones.")]
Departments = Annotated[
    list[str] | None,
    typer.Option("--department", help="Whose records they see; again for further ones. None: all."),
]


@people.command("add")
def add(
    context: typer.Context,
    login: Login,
    name: Annotated[str, typer.Option(help="Name that their acts are signed with.")],
    role: Roles,
    department: Departments = None,
    by: Who = "command line",
) -> None:
    """Invite a person; prints the one-time code that lets them choose a password."""
    with options(context).archive() as archive:
        desk = People(archive.database, archive.clock)
        _tell(desk.invite(login, name, roles=role, departments=department or (), by=by))


@people.command("invite-again")
def invite_again(context: typer.Context, login: Login, by: Who = "command line") -> None:
    """A new one-time code for somebody who lost password or second factor."""
    with options(context).archive() as archive:
        _tell(People(archive.database, archive.clock).invite_again(login, by=by))


@people.command("change")
def change(
    context: typer.Context,
    login: Login,
    role: Roles,
    department: Departments = None,
    by: Who = "command line",
) -> None:
    """Give other roles and departments."""
    with options(context).archive() as archive:
        desk = People(archive.database, archive.clock)
        person = desk.change(login, roles=role, departments=department or (), by=by)
        out.print(f"{person.name} is now: {', '.join(person.roles)}")


@people.command("disable")
def disable(
    context: typer.Context,
    login: Login,
    reason: Annotated[str, typer.Option(help="Why.")],
    by: Who = "command line",
) -> None:
    """Sign somebody out and let them in no more."""
    with options(context).archive() as archive:
        person = People(archive.database, archive.clock).disable(login, reason=reason, by=by)
        out.print(f"{person.name} is disabled.")


@people.command("enable")
def enable(context: typer.Context, login: Login, by: Who = "command line") -> None:
    """Let somebody in again; prints a new one-time code."""
    with options(context).archive() as archive:
        _tell(People(archive.database, archive.clock).enable(login, by=by))


@people.command("list")
def list_people(context: typer.Context, as_json: AsJson = False) -> None:
    """All people with their roles."""
    with options(context).archive() as archive:
        found = People(archive.database, archive.clock).all()
    if as_json:
        print_json(
            [
                {
                    "login": each.login,
                    "name": each.name,
                    "roles": each.roles,
                    "departments": each.departments,
                    "state": each.state,
                    "second_factor": bool(each.totp),
                    "last_seen": each.last_seen,
                }
                for each in found
            ]
        )
        return
    table = Table("login", "name", "roles", "departments", "state")
    for each in found:
        table.add_row(
            each.login,
            each.name,
            ", ".join(each.roles),
            ", ".join(each.departments) or "all",
            each.state,
        )
    out.print(table)


def _tell(invited: Invited) -> None:
    out.print(f"{invited.person.name} signs in as {invited.person.login}")
    out.print(f"one-time code, good for seven days: {invited.code}")
