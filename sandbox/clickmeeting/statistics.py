"""The API's calls about what happened in rooms: sessions, attendees, registrants, reports; read only."""

from typing import Any

from flask import Flask, Response

from sandbox.clickmeeting.account import Conference, Session
from sandbox.clickmeeting.admission import registration_shape
from sandbox.clickmeeting.answers import invalid, not_found
from sandbox.clickmeeting.api import Api, reply
from sandbox.clickmeeting.shapes import iso

_REPORT_LANGUAGES = ("en", "pl", "ru", "de", "es")


def add_statistics(app: Flask, api: Api) -> None:
    """Put the calls onto the API's application."""

    def session_of(room_id: int, session_id: int) -> tuple[Conference, Session]:
        room = api.room(room_id)
        found = next((session for session in room.sessions if session.id == session_id), None)
        if found is None:
            raise not_found()
        return room, found

    @app.get("/v1/conferences/<int:room_id>/sessions")
    def sessions(room_id: int) -> Response:
        room = api.room(room_id)
        return reply([{"id": session.id} | _summary(room, session) for session in room.sessions])

    @app.get("/v1/conferences/<int:room_id>/sessions/<int:session_id>")
    def detail(room_id: int, session_id: int) -> Response:
        room, session = session_of(room_id, session_id)
        attendees = [
            {
                "id": visit.id,
                "login": visit.nickname,
                "email": visit.email,
                "start_date": iso(visit.start, room.timezone),
                "end_date": iso(session.end, room.timezone),
            }
            for visit in session.visits
        ]
        pdf = {code: _report_link(api, room, session, code) for code in _REPORT_LANGUAGES}
        return reply(_summary(room, session) | {"attendees": attendees, "pdf": pdf})

    @app.get("/v1/conferences/<int:room_id>/sessions/<int:session_id>/attendees")
    def attendees(room_id: int, session_id: int) -> Response:
        room, session = session_of(room_id, session_id)
        return reply([_attendee(room, session, number) for number in range(len(session.visits))])

    @app.get("/v1/conferences/<int:room_id>/sessions/<int:session_id>/registrations")
    def registrants(room_id: int, session_id: int) -> Response:
        room, session = session_of(room_id, session_id)
        came = {visit.email for visit in session.visits}
        return reply([registration_shape(api, room, person) for person in room.registrations if person.email in came])

    @app.get("/v1/conferences/<int:room_id>/sessions/<int:session_id>/generate-pdf/<language>")
    def report(room_id: int, session_id: int, language: str) -> Response:
        room, session = session_of(room_id, session_id)
        if language not in _REPORT_LANGUAGES:
            raise invalid("lang", "This language is not supported.")
        # the same GET starts and polls: done a minute after the session
        if api.now() - session.end < 60:
            return reply({"status": "IN PROGRESS", "url": "", "progress": 50})
        url = f"{api.world.base}/rooms/reports/{room.id}/{session.id}/{language}.pdf"
        return reply({"status": "FINISHED", "url": url, "progress": 100})


def _summary(room: Conference, session: Session) -> dict[str, Any]:
    people = {visit.email or visit.nickname for visit in session.visits}
    return {
        "total_visitors": len(session.visits),
        "max_visitors": len(people),
        "start_date": iso(session.start, room.timezone),
        "end_date": iso(session.end, room.timezone),
    }


def _report_link(api: Api, room: Conference, session: Session, language: str) -> dict[str, Any]:
    path = f"conferences/{room.id}/sessions/{session.id}/generate-pdf/{language}"
    return {"generate_pdf_url": f"{api.world.base}/clickmeeting/v1/{path}", "progress": 0}


def _attendee(room: Conference, session: Session, number: int) -> dict[str, Any]:
    visit = session.visits[number]
    return {
        "uid": str(visit.id),
        "role": visit.role,
        "nickname": visit.nickname,
        "email": visit.email,
        "device": "desktop",
        "rating": None,
        "rating_comment": "",
        "start_date": iso(visit.start, room.timezone),
        "end_date": iso(session.end, room.timezone),
        "user_ip": "127.0.0.1",
    }
