"""One line of JSON for everything that any process has to say, on stderr, with nothing secret in it."""

import logging.config
import re
from collections.abc import Mapping, MutableMapping
from typing import Any, Literal

import structlog

HIDDEN = "[hidden]"
SECRET_NAMES = re.compile(r"authorization|cookie|password|passwd|secret|token|api_?key|jwt|^codes?$", re.IGNORECASE)
SECRET_VALUES = re.compile(
    r"(?P<scheme>\b(?:bearer|basic)\s+)[^\s\"',;]+"
    r"|(?P<field>\b(?:token|password|secret|key|code)=)[^\s&\"']+"
    r"|\bpt[ksm]_[A-Za-z0-9_-]+"
    r"|\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"
    r"|(?P<url>://[^\s:/@]*:)[^\s@/]+(?=@)",
    re.IGNORECASE,
)


def configure_logging(*, level: str, form: Literal["json", "console"]) -> None:
    """Send what structlog and the standard library log to stderr; call it once, before anything is logged."""
    logging.config.dictConfig(logging_dict(level=level, form=form))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def logging_dict(*, level: str, form: Literal["json", "console"]) -> dict[str, Any]:
    """Answer the standard library's configuration; gunicorn takes the same."""
    loud = {"handlers": ["stderr"], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": line_formatter, "form": form}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "gunicorn.error": {"level": level, **loud},
            # The service writes a line for each request itself.
            "gunicorn.access": {"level": "ERROR", **loud},
        },
    }


def line_formatter(form: Literal["json", "console"]) -> structlog.stdlib.ProcessorFormatter:
    """Answer what makes one line of a log record, in the form that the settings name."""
    last: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if form == "console":
        last = structlog.dev.ConsoleRenderer(colors=False)
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            hide_secrets,
            last,
        ],
    )


def hide_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take tokens, keys, passwords and codes out of an event, by the names of its fields and the look of its text."""
    for name, value in list(event.items()):
        event[name] = HIDDEN if SECRET_NAMES.search(name) else _without_secrets(value)
    return event


def _without_secrets(value: Any) -> Any:
    if isinstance(value, str):
        return SECRET_VALUES.sub(_hidden, value)
    if isinstance(value, Mapping):
        return hide_secrets(None, "", dict(value))
    if isinstance(value, list | tuple):
        return [_without_secrets(each) for each in value]
    return value


def _hidden(found: re.Match[str]) -> str:
    kept = found["scheme"] or found["field"] or found["url"] or ""
    return f"{kept}{HIDDEN}"


def _shared() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
