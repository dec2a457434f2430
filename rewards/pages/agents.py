"""What a browser says of itself, in two words: its name and its system, as people know them. Pure.

Every browser claims to be its ancestors too, so the more particular name comes first.
"""

_BROWSERS = (
    ("SamsungBrowser/", "Samsung Internet"),
    ("Whale/", "Whale"),
    ("KAKAOTALK", "KakaoTalk"),
    ("NAVER(", "Naver"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
PROGRAM_LENGTH_MAX = 30


def agent_words(agent: str | None) -> str:
    """`Chrome · Windows`; for a program its first word, and nothing where nothing is said."""
    said = agent or ""
    browser, system = _first(_BROWSERS, said), _first(_SYSTEMS, said)
    if browser is None and system is None:
        return said.split("/")[0].split()[0][:PROGRAM_LENGTH_MAX] if said.strip("/ ") else ""
    return " · ".join(part for part in (browser, system) if part)


def _first(names: tuple[tuple[str, str], ...], said: str) -> str | None:
    return next((name for sign, name in names if sign in said), None)
