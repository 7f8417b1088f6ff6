"""The product's web server in a process of its own, with two routes more to measure against.

    python bench/common/serving.py SETTINGS.toml [--work]

Prints its address. `POST /noop` parses the same JSON on the same server and answers 202; `GET /cpu` tells the CPU
seconds that this process has used. Without `--work` nobody works through the ledger.
"""

import argparse
import sys
import time
from pathlib import Path

from flask import Response, json, request
from flask_openapi3 import OpenAPI

from server import logs
from server.bootstrap import build
from server.hosting import listening
from server.settings import load


def add_measures(app: OpenAPI) -> None:
    """The routes to measure with."""

    @app.post("/noop")
    def noop() -> Response:
        json.loads(request.get_data(cache=False))
        return Response(status=202)

    @app.get("/cpu")
    def cpu() -> Response:
        return Response(str(time.process_time()), content_type="text/plain")


def main() -> None:
    """Serve until the standard input ends, as it does when the one who started this has gone."""
    parser = argparse.ArgumentParser()
    parser.add_argument("settings", type=Path)
    parser.add_argument("--work", action="store_true")
    arguments = parser.parse_args()
    settings = load(arguments.settings)
    logs.configure(settings.log_level)
    product = build(settings)
    add_measures(product.app)
    with listening(product, settings) as url:
        if arguments.work:
            product.engine.start()
        print(url, flush=True)
        sys.stdin.read()
    if arguments.work:
        product.close()
    else:
        product.storage.close()


if __name__ == "__main__":
    main()
