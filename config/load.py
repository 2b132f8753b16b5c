"""Find the settings file, read it, let ARCHIVER_* variables override, name every mistake.

Order of search: the given path; $ARCHIVER_CONFIG; archiver.yaml, .yml or .toml in the home
folder; /etc/archiver/archiver.yaml. `ARCHIVER_CAPTURE__WORKERS=8` sets `capture.workers`.
"""

from __future__ import annotations

import difflib
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from platformdirs import user_data_path
from pydantic import BaseModel, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from config.errors import ConfigError
from config.settings import (
    Agency,
    Alarms,
    Capture,
    Database,
    Log,
    Moderation,
    Proof,
    Requests,
    SearchSettings,
    Sections,
    Signing,
    VaultSettings,
)
from config.settings_web import PortalSettings, WebSettings

SYSTEM_FILE = Path("/etc/archiver/archiver.yaml")
_NOT_SETTINGS = ("ARCHIVER_HOME", "ARCHIVER_CONFIG")
_PLAIN_WORDS = {
    "model_type": "this must be a group of settings, each on its own line",
    "tuple_type": "this must be a list, such as [one, two]",
    "dict_type": "this must be a group of settings, each on its own line",
}


class _Environment(BaseSettings):
    """The same sections as `Sections`, with the environment laid over the file."""

    model_config = SettingsConfigDict(
        env_prefix="ARCHIVER_", env_nested_delimiter="__", extra="forbid", frozen=True
    )
    agency: Agency = Agency()
    database: Database = Database()
    vault: VaultSettings = VaultSettings()
    capture: Capture = Capture()
    alarms: Alarms = Alarms()
    proof: Proof = Proof()
    signing: Signing = Signing()
    moderation: Moderation = Moderation()
    requests: Requests = Requests()
    search: SearchSettings = SearchSettings()
    web: WebSettings = WebSettings()
    portal: PortalSettings = PortalSettings()
    log: Log = Log()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings in force, where they came from, and the folders that follow from them."""

    home: Path
    source: Path | None
    sections: Sections

    @property
    def database_url(self) -> str:
        """SQLAlchemy address of the database."""
        return self.sections.database.url or f"sqlite:///{self.home / 'archiver.db'}"

    @property
    def vault_path(self) -> Path:
        """Folder of the local vault."""
        return self.sections.vault.path or self.home / "vault"

    @property
    def spool_path(self) -> Path:
        """Folder for WARC files that are being written."""
        return self.home / "spool"

    @property
    def locks_path(self) -> Path:
        """Folder of the lock files."""
        return self.home / "locks"


def default_home() -> Path:
    """$ARCHIVER_HOME, systemd's $STATE_DIRECTORY, or the user's data folder."""
    given = os.environ.get("ARCHIVER_HOME") or os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    return Path(given) if given else user_data_path("archiver")


def load(*, home: Path | None = None, file: Path | None = None) -> Settings:
    """Read the settings.

    Raises: ConfigError with all problems at once.
    """
    folder = (home or default_home()).expanduser().absolute()
    source = _find(folder, file)
    values = _read(source) if source else {}
    strangers = _unknown_variables()
    try:
        merged = _Environment(**values)
    except ValidationError as error:
        raise ConfigError([*_problems(error, source), *strangers]) from error
    except SettingsError as error:
        raise ConfigError([*_not_json(), *strangers]) from error
    if strangers:
        raise ConfigError(strangers)
    sections = Sections(**{name: getattr(merged, name) for name in Sections.model_fields})
    return Settings(home=folder, source=source, sections=sections)


def _find(home: Path, given: Path | None) -> Path | None:
    named = given or (
        Path(os.environ["ARCHIVER_CONFIG"]) if "ARCHIVER_CONFIG" in os.environ else None
    )
    if named is not None:
        if not named.is_file():
            raise ConfigError([f"there is no settings file {named}"])
        return named
    candidates = [home / f"archiver.{end}" for end in ("yaml", "yml", "toml")] + [SYSTEM_FILE]
    return next((path for path in candidates if path.is_file()), None)


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice: the first would be lost without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.MarkedYAMLError(
                    problem=f'"{key}" stands twice', problem_mark=key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def _read(path: Path) -> dict[str, Any]:
    if path.suffix not in (".yaml", ".yml", ".toml"):
        raise ConfigError([f"{path}: a settings file ends in .yaml, .yml or .toml"])
    try:
        text = path.read_text(encoding="utf-8")
        values = tomllib.loads(text) if path.suffix == ".toml" else yaml.load(text, _Loader)  # noqa: S506 - derived from SafeLoader
    except OSError as error:
        raise ConfigError([f"{path} cannot be read: {error.strerror}"]) from error
    except (tomllib.TOMLDecodeError, yaml.YAMLError, UnicodeDecodeError, TypeError) as error:
        raise ConfigError([f"{path} is not well-formed: {_said_by(error)}"]) from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ConfigError([f"{path} must hold sections such as agency: and capture:"])
    return {str(name): each for name, each in _said(values).items()}


def _said_by(error: Exception) -> str:
    return " ".join(str(error).split()).replace('in "<unicode string>", ', "at ")


def _said(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is named but left empty, as when all lines of a section are comments."""
    return {
        name: _said(value) if isinstance(value, dict) else value
        for name, value in values.items()
        if value is not None
    }


def _variables() -> list[str]:
    """The environment variables that mean settings."""
    return sorted(
        name
        for name in os.environ
        if name.upper().startswith("ARCHIVER_") and name.upper() not in _NOT_SETTINGS
    )


def _unknown_variables() -> list[str]:
    found = []
    for name in _variables():
        section = name.upper().removeprefix("ARCHIVER_").partition("__")[0].lower()
        if section not in Sections.model_fields:
            found.append(f'{name}: there is no section "{section}"{_suggestion((section,))}')
    return found


def _not_json() -> list[str]:
    """Which variables hold a list or a group that is not written as JSON."""
    found = []
    for name in _variables():
        model: Any = Sections
        for part in name.lower().removeprefix("archiver_").split("__"):
            field = getattr(model, "model_fields", {}).get(part)
            model = field.annotation if field else None
        if model is None or model in (str, int, bool, float, timedelta):
            continue
        try:
            json.loads(os.environ[name])
        except ValueError:
            found.append(f'{name}: write a list as JSON, such as ["Chief Wiggum"]')
    return found or ["an ARCHIVER_* environment variable is not written as JSON"]


def _problems(error: ValidationError, source: Path | None) -> list[str]:
    found = []
    variables = {name.upper(): name for name in _variables()}
    for each in error.errors():
        path = ".".join(str(part) for part in each["loc"])
        variable = "__".join(["ARCHIVER", *(str(part) for part in each["loc"])]).upper()
        where = variables.get(variable.replace("ARCHIVER__", "ARCHIVER_", 1)) or source
        if each["type"] == "extra_forbidden":
            text = f'there is no setting "{path}"{_suggestion(each["loc"])}'
        elif each["type"] == "missing":
            text = f"{path} is missing"
        elif each["type"] in _PLAIN_WORDS:
            text = f"{path}: {_PLAIN_WORDS[each['type']]} (it is {each['input']!r})"
        else:
            said = each["msg"].removeprefix("Value error, ")
            text = f"{path}: {said} (it is {each['input']!r})"
        found.append(f"{where or 'the settings'}: {text}")
    return found


def _suggestion(location: tuple[int | str, ...]) -> str:
    model: type[BaseModel] = Sections
    for part in location[:-1]:
        inner = (
            model.model_fields[str(part)].annotation if str(part) in model.model_fields else None
        )
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return ""
        model = inner
    close = difflib.get_close_matches(str(location[-1]), model.model_fields, n=1)
    return f'; did you mean "{close[0]}"?' if close else ""
