"""Find the settings file, read it, let ARCHIVER_* variables override, name every mistake.

Order of search: the given path; $ARCHIVER_CONFIG; archiver.yaml, .yml or .toml in the home
folder; /etc/archiver/archiver.yaml. `ARCHIVER_CAPTURE__WORKERS=8` sets `capture.workers`.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from platformdirs import user_data_path
from pydantic import BaseModel, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from config.errors import ConfigError
from config.settings import Agency, Alarms, Capture, Database, Log, Sections, VaultSettings

SYSTEM_FILE = Path("/etc/archiver/archiver.yaml")


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
    try:
        merged = _Environment(**values)
    except ValidationError as error:
        where = str(source) if source else "the ARCHIVER_* environment variables"
        raise ConfigError(_problems(error, where)) from error
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


def _read(path: Path) -> Mapping[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        values = tomllib.loads(text) if path.suffix == ".toml" else yaml.safe_load(text)
    except OSError as error:
        raise ConfigError([f"{path} cannot be read: {error.strerror}"]) from error
    except (tomllib.TOMLDecodeError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path} is not well-formed: {' '.join(str(error).split())}"]) from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ConfigError([f"{path} must hold sections such as agency: and capture:"])
    return values


def _problems(error: ValidationError, where: str) -> list[str]:
    found = []
    for each in error.errors():
        path = ".".join(str(part) for part in each["loc"])
        if each["type"] == "extra_forbidden":
            text = f'{where}: there is no setting "{path}"{_suggestion(each["loc"])}'
        else:
            said = each["msg"].removeprefix("Value error, ")
            text = f"{where}: {path}: {said} (it is {each['input']!r})"
        found.append(text)
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
