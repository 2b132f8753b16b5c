"""A Facebook Page, read through Meta's Graph API with a Page access token."""

from connectors.facebook.page import FacebookPage

__all__ = ["FacebookPage"]
