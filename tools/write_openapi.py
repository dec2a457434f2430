"""Write docs/reference/openapi.json from the schemas; a test holds the two together. Run after changing a call."""

from pathlib import Path

from flask import Flask

from rewards.api import register_api
from rewards.api.document import openapi_of, written
from rewards.http.paths import CONVERTERS

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    app = Flask("rewards", static_folder=None)
    app.url_map.converters.update(CONVERTERS)
    register_api(app)
    path = ROOT / "docs" / "reference" / "openapi.json"
    path.write_bytes(written(openapi_of(app)))
    print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
