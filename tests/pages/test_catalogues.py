import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_text_has_its_korean_and_the_compiled_catalogue_is_the_written_one() -> None:
    checked = subprocess.run(
        [sys.executable, "tools/catalogues.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout
