"""The web application, for gunicorn: `gunicorn wsgi:app`."""

import sys

from rewards.app import create_app
from rewards.runtime.logs import configure_logging
from rewards.runtime.settings import SettingsError, load_settings

try:
    settings = load_settings()
except SettingsError as error:
    sys.exit(str(error))

configure_logging(level=settings.log_level, form=settings.log_format)
app = create_app(settings)
