import re
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "rewards/pages/static/vendor"
ROW = re.compile(r"^\| `(?P<file>[^`]+)` \| .+ \| `(?P<sum>[0-9a-f]{64})` \|$", re.MULTILINE)


def test_what_comes_from_elsewhere_is_what_its_table_says() -> None:
    listed = {row["file"]: row["sum"] for row in ROW.finditer((FOLDER / "README.md").read_text())}
    there = {path.name: sha256(path.read_bytes()).hexdigest() for path in FOLDER.glob("*.js")}

    assert there == listed
    assert (FOLDER / "htmx.LICENSE").read_text().startswith("Zero-Clause BSD")
