"""Settings of the web page and of the open archive."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from config.fields import Duration, Section, Size


class OpenId(Section):
    """The agency's own sign-in (OpenID Connect). Its secret: the credential `oidc-secret`."""

    issuer: str
    """Address of the provider, below which /.well-known/openid-configuration lies."""
    client_id: str
    """What the provider calls this archive."""
    label: str = "Agency sign-in"
    """What stands on the button."""
    login_claim: str = "email"
    """The claim that holds a person's login; they must be invited before."""

    @field_validator("issuer")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if not value.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise ValueError('write a web address that begins with "https://"')
        return value.rstrip("/")


class WebSettings(Section):
    """The web page."""

    host: str = "127.0.0.1"
    """Address to listen on; another than this machine's own needs a certificate or a proxy."""
    port: int = Field(8080, ge=0, le=65535)
    """Port to listen on; 0: any that is free."""
    address: str = ""
    """How people reach it ("https://records.example.gov"); empty: host and port."""
    certificate: Path | None = None
    """PEM file, for HTTPS without a proxy."""
    key: Path | None = None
    """PEM file with the certificate's private key."""
    proxies: tuple[str, ...] = ()
    """Addresses of proxies before it, whose word on a visitor's address and protocol is taken."""
    second_factor: bool = True
    """Who signs in by password needs a second factor."""
    session_idle: Duration = timedelta(minutes=30)
    """Signed out after so long without use."""
    session_lasts: Duration = timedelta(hours=10)
    """Signed out after so long in any case."""
    lock_after: int = Field(5, ge=1, le=100)
    """So many failures in a row lock signing in, ..."""
    lock_for: Duration = timedelta(minutes=15)
    """... for so long."""
    requests_a_minute: int = Field(600, ge=1)
    """More from one address are turned away for the rest of the minute."""
    upload_max: Size = 16 * 2**20
    """Larger uploads are refused."""
    language: Literal["en", "es"] = "en"
    """Language of the page where neither person nor browser say one."""
    oidc: OpenId | None = None
    """The agency's own sign-in; empty: none."""

    @model_validator(mode="after")
    def _whole(self) -> WebSettings:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together; one of them is missing")
        if self.address and not self.address.startswith(("https://", "http://")):
            raise ValueError('address begins with "https://"')
        return self


class PortalSettings(Section):
    """The open archive: a public, read-only page of what the agency chose to show."""

    enabled: bool = False
    """Run it beside the web page."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(8081, ge=0, le=65535)
    """Port to listen on; 0: any that is free."""
    title: str = ""
    """Its heading; empty: the agency's name."""
    contact: str = ""
    """Whom the public may ask: a mail address, or words."""
    requests_a_minute: int = Field(120, ge=1)
    """More from one address are turned away for the rest of the minute."""
