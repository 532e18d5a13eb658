"""The HTTP API under `/api`, for whoever holds the bearer token. Every error is JSON and names the input at fault."""

from starlette.routing import Route

from server.api import availability, calls, health, leads, operations, transfers

ROUTES: list[Route] = [
    Route("/healthz", health.healthz),
    Route("/readyz", health.readyz),
    Route("/api/calls", calls.place, methods=["POST"]),
    Route("/api/calls", calls.listed, methods=["GET"]),
    Route("/api/calls/{call_id}", calls.show),
    Route("/api/calls/{call_id}/hangup", calls.hang_up, methods=["POST"]),
    Route("/api/operations", operations.operations),
    Route("/api/leads", leads.listed),
    Route("/api/leads/by-phone/{phone}", leads.by_phone),
    Route("/api/do-not-call", leads.do_not_call, methods=["POST"]),
    Route("/api/refusals", leads.refusals),
    Route("/api/transfers", transfers.listed),
    Route("/api/transfers/{transfer_id}/accept", transfers.accept, methods=["POST"]),
    Route("/api/transfers/{transfer_id}/decline", transfers.decline, methods=["POST"]),
    Route("/api/transfers/{transfer_id}/rating", transfers.rate, methods=["POST"]),
    Route("/api/transfers/{transfer_id}/result", transfers.result, methods=["POST"]),
    Route("/api/closers", availability.listed, methods=["GET"]),
    Route("/api/closers/{closer_id}", availability.save, methods=["PUT"]),
    Route("/api/closers/{closer_id}/windows", availability.set_windows, methods=["PUT"]),
    Route("/api/closers/{closer_id}/busy", availability.set_busy, methods=["PUT"]),
    Route("/api/closers/{closer_id}/overrides", availability.add_override, methods=["POST"]),
    Route(
        "/api/closers/{closer_id}/overrides/{override_id}", availability.remove_override, methods=["DELETE"]
    ),
]
