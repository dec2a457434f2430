"""A forum's front page with a box of ours in it, on a port of its own: another origin."""

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

_PAGE = """<!doctype html><html lang="ko"><head><meta charset="utf-8"><title>이웃마을</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<style>
:root {{ color-scheme: light dark }}
body {{ margin: 0; font: 15px/1.6 "Noto Sans CJK KR", sans-serif; background: Canvas; color: CanvasText }}
header {{ padding: 14px 20px; border-bottom: 1px solid GrayText; font-weight: 700 }}
.two {{ display: grid; gap: 20px; padding: 20px; max-width: 1080px; margin: 0 auto }}
@media (min-width: 760px) {{ .two {{ grid-template-columns: 1fr 320px }} }}
li {{ padding: 8px 0; border-bottom: 1px solid color-mix(in srgb, GrayText 30%, transparent) }}
ul {{ list-style: none; margin: 0; padding: 0 }}
iframe {{ width: 100%; height: 420px; border: 0; border-radius: 14px }}
</style></head><body><header>이웃마을</header><div class="two">
<main><h1>오늘의 글</h1><ul><li>주말 벼룩시장 자리 신청 받아요</li><li>골목 어귀 은행나무, 올해도 노랗네요</li>
<li>고양이 밥그릇 누가 자꾸 채워 주시나요?</li><li>도서관 책 교환 모임 후기</li></ul></main>
<aside><iframe src="{box}" title="box"></iframe></aside></div></body></html>"""


class _Forum(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """The page, with the box that `?box=` names."""
        box = parse_qs(urlsplit(self.path).query).get("box")
        body = _PAGE.format(box=escape(box[0])).encode() if box else b""
        self.send_response(200 if box else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Be quiet."""


@contextmanager
def hosting() -> Iterator[str]:
    """The forum's origin."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Forum)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
