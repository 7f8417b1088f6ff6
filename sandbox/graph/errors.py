"""Graph's error answers as one exception; it knows no request and no state."""

from typing import Any


class GraphError(Exception):
    """An answer that is not a success: HTTP status, Graph's code, a message, and headers such as Retry-After."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}

    def body(self, date: str, request_id: str, client_request_id: str) -> dict[str, Any]:
        """The documented error object (Graph facts 6)."""
        inner = {"date": date, "request-id": request_id, "client-request-id": client_request_id}
        return {"error": {"code": self.code, "message": self.message, "innerError": inner}}


def unreadable(message: str) -> GraphError:
    """400 for a body that does not fit the metadata: unknown property, wrong JSON type, wrong enumeration value."""
    return GraphError(400, "RequestBodyRead", message)


def invalid(message: str) -> GraphError:
    """400 for a value that has the right type and makes no sense."""
    return GraphError(400, "ErrorPropertyValidationFailure", message)


def bad_request(message: str) -> GraphError:
    """400 for a query or an address that cannot be understood."""
    return GraphError(400, "BadRequest", message)


def not_found() -> GraphError:
    """404 for an item that is not, or no longer, there."""
    return GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def access_denied() -> GraphError:
    """403 for a scope or a permission that the caller does not hold."""
    return GraphError(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")


class Closed(GraphError):
    """Another's mailbox, to somebody without a right to it; a switch makes it look as if nothing were there."""

    def __init__(self) -> None:
        super().__init__(403, "ErrorAccessDenied", access_denied().message)
