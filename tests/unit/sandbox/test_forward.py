"""What the sandbox hands on from the add-in's server arrives as it was sent."""

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response
from werkzeug.test import Client

from sandbox.forward import Forwarder
from sandbox.world import World


def test_two_cookies_of_one_answer_stay_two(httpserver: HTTPServer) -> None:
    def answer(_: Request) -> Response:
        said = Response("ok")
        said.set_cookie("first", "1", expires=1_800_000_000)  # an expiry holds a comma itself
        said.set_cookie("second", "2")
        return said

    httpserver.expect_request("/here").respond_with_handler(answer)
    world = World.make()
    world.server_url = httpserver.url_for("").rstrip("/")
    got = Client(Forwarder(world)).get("/here")
    assert [cookie.split("=")[0] for cookie in got.headers.getlist("Set-Cookie")] == ["first", "second"]
