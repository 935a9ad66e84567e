"""Connections that never finish asking: given up after a while, so that they can't use up what the server can hold open."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.auto import AutoHTTPProtocol

PATIENCE = (
    20.0  # seconds for the head of a request, from the first moment of a connection or of a further request on it
)


class Patient(AutoHTTPProtocol):
    """uvicorn's HTTP, which otherwise waits for ever for the end of a request's head."""

    patience = PATIENCE
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Begin to count."""
        super().connection_made(transport)
        self._count()

    def data_received(self, data: bytes) -> None:
        """Count on until a request has begun to be answered."""
        super().data_received(data)
        self._count()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop counting."""
        if self._late:
            self._late.cancel()
        super().connection_lost(exc)

    def _count(self) -> None:
        answering = self.cycle is not None and not self.cycle.response_complete
        if answering and self._late:
            self._late.cancel()
            self._late = None
        elif not answering and self._late is None:
            self._late = self.loop.call_later(self.patience, self._give_up)

    def _give_up(self) -> None:
        self._late = None
        upgraded = self.transport.get_protocol() is not self
        if not upgraded and (self.cycle is None or self.cycle.response_complete):
            self.transport.close()
