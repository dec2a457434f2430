"""How gunicorn serves `wsgi:app`; gunicorn reads this file by itself. Its command line goes before it."""

import os
import sys

from prometheus_client.multiprocess import mark_process_dead

from rewards.runtime.logs import logging_dict
from rewards.runtime.settings import SettingsError, load_settings

try:
    settings = load_settings()
except SettingsError as error:
    sys.exit(str(error))

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
workers = settings.web_workers
worker_class = "gthread"
threads = settings.web_threads
# Put together once, so that a bad setting stops the start with one sentence; nothing connects before the fork.
preload_app = True
timeout = 60
graceful_timeout = 20
keepalive = 65
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: PTH112, S108 -- a heartbeat, on no disk
control_socket_disable = True
logconfig_dict = logging_dict(level=settings.log_level, form=settings.log_format)


def child_exit(_server: object, worker: object) -> None:
    """Forget a worker's gauges when it is gone."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        mark_process_dead(getattr(worker, "pid", 0))
