"""The desk on this computer: answers a browser on 127.0.0.1 over the collection in the working folder.

Only who has the token of this run gets an answer. It is in a file that only the user can read, which takes the browser
to the desk; there it is exchanged, once, for a cookie and for a token that the page keeps. The browser sends the cookie to
every port of this computer, the token to this one only, so that both are asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import re
import secrets
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import quote

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from xltools.desk import answering
from xltools.desk.work import Arrivals, Desk
from xltools.document.pages import page
from xltools.errors import InputError, OutputError, Problem, XltoolsError
from xltools.text import Lang, catalog

HOST = "127.0.0.1"
_STATIC = Path(__file__).resolve().parent / "static"
_PACKAGE = Path(__file__).resolve().parent.parent
_STYLES = ("report/html/page.css", "document/writer/page.css", "desk/static/desk.css")
_LONGEST_FORM = 4 << 20  # bytes; the longest field is the text of a report
_MOST_BATCHES = 4  # of files that arrive at the same time, from several windows
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_REFUSED = 403


def serve(lang: Lang, port: int, opened: Callable[[int, Path], None]) -> None:
    """Answer requests until Ctrl-C; *opened* gets the port and the file that takes a browser to the desk.

    With *port* 0 any free one is used. Raises :class:`OutputError` if it cannot be opened.
    """
    try:
        listening = socket.create_server((HOST, port))  # a browser that is faster than the server waits
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while")[0]  # the address follows
        about = {"port": port, "reason": reason}
        raise OutputError(Problem("desk-port", facts=about)) from error
    with contextlib.closing(listening):
        port = listening.getsockname()[1]
        service = Service(Desk(lang, token=secrets.token_urlsafe(32)), port)
        folder = Path(tempfile.mkdtemp(prefix="xltools-desk-"))  # only the user can enter it
        try:
            opened(port, _way_in(folder, service))
            config = uvicorn.Config(
                service.app(),
                log_config=None,
                access_log=False,
                lifespan="off",
                ws="none",
                server_header=False,
            )
            with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is how it ends
                uvicorn.Server(config).run(sockets=[listening])
        finally:
            service.close()
            shutil.rmtree(folder, ignore_errors=True)


def _way_in(folder: Path, service: Service) -> Path:
    """Write the file that takes a browser to the desk; the token is in no argument of a program."""
    file = folder / "desk.html"
    address = f"http://{HOST}:{service.port}/open?token={service.entry}"
    file.touch(mode=0o600)
    file.write_text(page("desk/way_in.html", address=address, lang=service.desk.lang), encoding="utf-8")
    return file


class Service:
    """The requests of one run. Work is done one after the other, in a thread; files arrive meanwhile."""

    def __init__(self, desk: Desk, port: int) -> None:
        self.desk, self.port = desk, port
        self.entry = secrets.token_urlsafe(32)
        self._session = secrets.token_urlsafe(32)
        self._batches: dict[str, Arrivals] = {}
        self._progress = (0, 0)
        self._run = ""  # the request that is worked on, by the name that its window gave it
        self._cancelled = ""
        self._lock = asyncio.Lock()
        desk.memory.progress = self._advanced

    def _advanced(self, done: int, count: int) -> None:
        """Note how far the work is; called by the work itself, which ends here if it was cancelled."""
        self._progress = done, count
        if self._run and self._run == self._cancelled:
            raise InputError(Problem("desk-cancelled"))

    def close(self) -> None:
        """Remove files that arrived and were not taken in."""
        for arrived in self._batches.values():
            arrived.close()

    def app(self) -> Starlette:
        """Return the application."""
        routes = [
            Route("/open", self._open),
            Route("/", self._page),
            Route("/static/{name}", self._static),
            Route("/progress", self._told),
            Route("/cancel", self._cancel, methods=["POST"]),
            Route("/arrive/{batch}", self._arrive, methods=["POST"]),
            Route("/{rest:path}", self._answer, methods=["GET", "POST"]),
        ]
        return Starlette(routes=routes)

    # -- who may ask

    def _is_here(self, request: Request) -> bool:
        """Return whether the request was sent to this address, by its Host, and by no page of another one."""
        own = f"{HOST}:{self.port}"
        origin = request.headers.get("origin", f"http://{own}")
        return request.headers.get("host") == own and origin == f"http://{own}"

    def _is_known(self, request: Request) -> bool:
        """Return whether the request comes from the browser that was let in, and from no page of another port."""
        cookie = request.cookies.get(self._cookie, "")
        is_other = request.headers.get("sec-fetch-site", "same-origin") in {"cross-site", "same-site"}
        return self._is_here(request) and not is_other and _is_same(cookie, self._session)

    def _may(self, request: Request) -> bool:
        """Return whether the request comes from a script of the desk, which alone has the token."""
        return self._is_known(request) and _is_same(request.headers.get("x-token", ""), self.desk.token)

    @property
    def _cookie(self) -> str:
        return f"xltools-{self.port}"

    async def _open(self, request: Request) -> Response:
        """Exchange the token, once, for the cookie and the token of the page."""
        if (
            self._is_here(request)
            and self.entry
            and _is_same(request.query_params.get("token", ""), self.entry)
        ):
            self.entry = ""
            response = self._frame(self.desk.token)
            response.set_cookie(self._cookie, self._session, httponly=True, samesite="strict", path="/")
            return response
        return await self._page(request)

    async def _page(self, request: Request) -> Response:
        return self._frame() if self._is_known(request) else _refused(catalog(self.desk.lang)("desk.closed"))

    def _frame(self, token: str = "") -> Response:
        t = catalog(self.desk.lang)
        return _response(page("desk/page.html", t=t, token=token).encode(), "text/html; charset=utf-8")

    async def _static(self, request: Request) -> Response:
        found = _static_files().get(request.path_params["name"]) if self._is_known(request) else None
        return _response(*found) if found else _refused()

    # -- what is asked

    async def _told(self, request: Request) -> Response:
        """Return how far the work is that is going on."""
        if not self._may(request):
            return _refused()
        done, count = self._progress if self._lock.locked() else (0, 0)
        return _response(json.dumps({"done": done, "count": count}).encode(), "application/json")

    async def _cancel(self, request: Request) -> Response:
        """End the work on a request, when it next says how far it is."""
        if not self._may(request):
            return _refused()
        self._cancelled = request.query_params.get("run", "")
        return _response(b"", "text/plain")

    async def _arrive(self, request: Request) -> Response:
        """Take one file, as it comes; with the first that is too large, or one too many, all of its batch are gone."""
        batch = request.path_params["batch"]
        if not self._may(request) or not re.fullmatch(r"[0-9a-f]{16}", batch):
            return _refused()
        if batch not in self._batches:
            while len(self._batches) >= _MOST_BATCHES:  # a window that was closed meanwhile
                self._batches.pop(next(iter(self._batches))).close()
            self._batches[batch] = Arrivals.begun(request.query_params.get("target", ""))
        arrived = self._batches[batch]
        try:
            with arrived.file(request.query_params.get("name", "")) as add:
                async for chunk in request.stream():
                    add(chunk)
        except (XltoolsError, OSError, ClientDisconnect) as error:
            self._batches.pop(batch, None)
            arrived.close()
            known = error if isinstance(error, XltoolsError) else InputError(Problem("desk-not-all"))
            return _last(_sent(answering.refused(self.desk, known)))
        return _response(b"", "text/plain")

    async def _answer(self, request: Request) -> Response:
        if not self._may(request):
            return _refused()
        form: dict[str, str] = {}
        if request.method == "POST":
            try:
                form = answering.fields(await _body(request))
            except InputError:
                return _refused()
        batch, sent = form.pop("batch", ""), form.pop("sent", "")
        arrived = self._batches.pop(batch, None)
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        asked = answering.Request(request.method, target, form, arrived)
        try:
            if batch and sent != str(
                arrived.count if arrived else 0
            ):  # many windows sent files at the same time
                return _sent(answering.refused(self.desk, InputError(Problem("desk-not-all"))))
            async with self._lock:
                self._progress, self._run = (0, 0), request.headers.get("x-run", "")
                found = await run_in_threadpool(answering.answer, self.desk, asked)
        finally:
            if arrived:
                arrived.close()
        return _sent(found)


def _is_same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


async def _body(request: Request) -> bytes:
    """Return the body of a form; raises :class:`InputError` beyond the longest, without receiving the rest."""
    content = b""
    stream: AsyncIterator[bytes] = request.stream()
    async for chunk in stream:
        content += chunk
        if len(content) > _LONGEST_FORM:
            raise InputError(Problem("desk-too-large", facts={"most": _LONGEST_FORM >> 20}))
    return content


def _static_files() -> dict[str, tuple[bytes, str]]:
    """Return the style and the scripts by their names; nothing else is served."""
    style = b"".join((_PACKAGE / name).read_bytes() for name in _STYLES)
    scripts = {name: (_STATIC / name).read_bytes() for name in ("desk.js", "server_host.js")}
    found = {name: (content, "text/javascript; charset=utf-8") for name, content in scripts.items()}
    return found | {"desk.css": (style, "text/css; charset=utf-8")}


def _response(content: bytes, kind: str, status: int = 200) -> Response:
    return Response(content, status, _HEADERS, kind)


def _sent(found: answering.Response) -> Response:
    """Return an answer of the desk as one of the server."""
    response = _response(found.body, found.kind, found.status)
    if found.name:
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.name)}"
    return response


def _refused(words: str = "") -> Response:
    return _last(_response(words.encode(), "text/plain; charset=utf-8", _REFUSED))


def _last(response: Response) -> Response:
    """Close the connection after *response*, so that what is still being sent is not received."""
    response.headers["Connection"] = "close"
    return response
