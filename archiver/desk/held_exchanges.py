"""Recorded exchanges read back from the vault. What is not what was noted when it was captured
is never handed out as if it were."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from archiver.errors import EvidenceError
from archiver.model.queries.evidence import StoredExchange
from archiver.vault.base import Vault
from archiver.warc.reader import StoredRecord, read_record
from archiver.warc.survey import raw_member


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The two records of an exchange; `request` is None where none is held."""

    request: StoredRecord | None
    response: StoredRecord


class HeldExchanges:
    """Reads exchanges by the places that the database names."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def read(self, exchange: StoredExchange) -> Pair | None:
        """Both records, each with its digest compared; None when no answer is held.

        Raises: EvidenceError when one is damaged or is not the one that was noted; StoreError.
        """
        if not exchange.response_id:
            return None
        response = self._record(
            exchange, exchange.response_id, exchange.response_offset, exchange.response_length
        )
        if exchange.block_sha256 not in (None, hashlib.sha256(response.block).hexdigest()):
            raise EvidenceError(
                f"the answer of exchange {exchange.id} in {exchange.segment} is not what was "
                "noted when it was captured; run: archiver verify"
            )
        request = None
        if exchange.request_id:
            request = self._record(
                exchange, exchange.request_id, exchange.request_offset, exchange.request_length
            )
        return Pair(request=request, response=response)

    def members(self, exchange: StoredExchange) -> tuple[Iterator[bytes], Iterator[bytes]]:
        """The gzip members of request and answer, byte for byte as they lie in the vault.

        Raises: StoreError when the file cannot be read; AssertionError when one is not held.
        """
        assert exchange.request_offset is not None
        assert exchange.request_length is not None
        assert exchange.response_offset is not None
        assert exchange.response_length is not None
        path = self._vault.path(exchange.segment)
        return (
            raw_member(path, exchange.request_offset, exchange.request_length),
            raw_member(path, exchange.response_offset, exchange.response_length),
        )

    def _record(
        self, exchange: StoredExchange, record_id: str, offset: int | None, length: int | None
    ) -> StoredRecord:
        if offset is None or length is None:
            raise EvidenceError(
                f"nobody knows where the record {record_id} lies in {exchange.segment}; "
                "run: archiver verify"
            )
        record = read_record(self._vault.path(exchange.segment), offset, length)
        if record.record_id != record_id:
            raise EvidenceError(
                f"at offset {offset} of {exchange.segment} lies the record {record.record_id} "
                f"instead of {record_id}; run: archiver verify"
            )
        return record
