"""The page of commands is what the commands say of themselves."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_of_commands_is_up_to_date() -> None:
    # when
    check = [sys.executable, "tools/cli_reference.py", "--check"]
    result = subprocess.run(check, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)

    # then
    assert result.returncode == 0, f"{result.stderr} Run tools/cli_reference.py."
