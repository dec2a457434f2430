"""Bring the Korean catalogue up to date with the pages: new texts in, dead ones out, then compile.

    python tools/catalogues.py          # after changing a text in a template; then fill in what is empty
    python tools/catalogues.py --check  # exit 1 if a text has no Korean, or the compiled catalogue is stale

English needs no catalogue: it is what the templates say.
"""

import re
import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "rewards/pages/translations/ko/LC_MESSAGES"
SOURCE = FOLDER / "messages.po"
COMPILED = FOLDER / "messages.mo"
NOISE = re.compile(rb'"(?:Project-Id|Report-|POT-|PO-|Last-Tr|Language-Team|Generated)[^\n]*\n')
MAPPING = ROOT / "babel.cfg"


def said() -> Catalog:
    """Every text that the pages say, in English."""
    template = Catalog(charset="utf-8")
    with MAPPING.open() as file:
        methods, options = parse_mapping_cfg(file)
    for _file, _line, message, _comments, context in extract_from_dir(str(ROOT), methods, options):
        template.add(message, context=context)
    return template


def translated() -> Catalog:
    """The Korean catalogue as it is written."""
    with SOURCE.open("rb") as file:
        catalogue = read_po(file, locale="ko")
    # Fixed, so that the same texts compile to the same bytes on every day.
    catalogue.creation_date = catalogue.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    return catalogue


def compiled(catalogue: Catalog) -> bytes:
    """The catalogue as gettext reads it."""
    target = BytesIO()
    write_mo(target, catalogue)
    return target.getvalue()


def problems() -> list[str]:
    """What is missing, dead, uncertain or stale, one sentence each."""
    catalogue = translated()
    known = {str(message.id): message for message in catalogue if message.id}
    wanted = {str(message.id) for message in said() if message.id}
    found = [f"no Korean: {text}" for text in wanted if text not in known or not _is_complete(known[text])]
    found += [f"nobody says it any more: {text}" for text in known if text not in wanted]
    found += [f"uncertain: {text}" for text, message in known.items() if message.fuzzy]
    if not COMPILED.is_file() or COMPILED.read_bytes() != compiled(catalogue):
        found.append("messages.mo is stale: run python tools/catalogues.py")
    return sorted(found)


def update() -> None:
    """Write both files anew, sorted, without dates or line numbers, so that a diff shows texts only."""
    catalogue = translated()
    catalogue.update(said(), no_fuzzy_matching=True, update_header_comment=False)
    catalogue.obsolete.clear()
    target = BytesIO()
    write_po(target, catalogue, sort_output=True, no_location=True, width=110)
    SOURCE.write_bytes(NOISE.sub(b"", target.getvalue()))
    COMPILED.write_bytes(compiled(translated()))


def _is_complete(message: Message) -> bool:
    forms = [message.string] if isinstance(message.string, str) else list(message.string or [])
    return bool(forms) and all(forms)


if __name__ == "__main__":
    if "--check" not in sys.argv:
        update()
    print("\n".join(problems()))
    sys.exit(bool(problems()))
