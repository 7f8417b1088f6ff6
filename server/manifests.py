"""Hands out the two manifests for this very server, so that an admin can give their address; it builds nothing."""

from functools import cache

from flask import Blueprint, Response

from manifest.place import WrongInput, is_local, place
from server.settings import Settings

_TYPES = {"xml": "application/xml; charset=utf-8", "zip": "application/zip"}


def manifests_blueprint(settings: Settings) -> Blueprint:
    """`/manifest.xml` (add-in-only) and `/manifest.zip` (unified); 404 with the reason where none can be built."""
    pages = Blueprint("manifests", __name__)

    @cache
    def made() -> dict[str, bytes]:
        from manifest.build import XML_NAME, built  # with its schemas: the start need not wait for them

        name = settings.public_url.removeprefix("https://").partition(":")[0]
        # a server that is reached as localhost is a trial already
        where = place(settings.public_url, settings.client_id, settings.add_in_id, allow_localhost=is_local(name))
        return {"xml" if file == XML_NAME else "zip": data for file, data in built(where).files.items()}

    def answer(kind: str) -> Response:
        try:
            data = made()[kind]
        except WrongInput as error:
            return Response(f"{error}\n", status=404, content_type="text/plain; charset=utf-8")
        return Response(data, content_type=_TYPES[kind], headers={"Cache-Control": "no-cache"})

    @pages.get("/manifest.xml")
    def add_in_only() -> Response:
        return answer("xml")

    @pages.get("/manifest.zip")
    def unified() -> Response:
        return answer("zip")

    return pages
