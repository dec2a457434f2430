"""What staff fill in at the queue; what is wrong is said in the page's language."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from marshmallow import ValidationError, fields, post_load

from rewards.pages.forms import Form

REASON_LENGTH_MAX = 500


class CodeForm(Form):
    """A code typed in. Whether it can be one is the market's to say."""

    code = fields.String(required=True)


class ReasonForm(Form):
    """Why a code has to be seen."""

    reason = fields.String(required=True)

    @post_load
    def one_line(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Lines and spaces run together, so that it fits into a line of history."""
        return given | {"reason": _reason(given["reason"], field="reason")}


class RejectionForm(Form):
    """Why it is refused: a ready-made reason, or words of one's own, which count more; and what becomes of a prize."""

    ready = fields.String(load_default="")
    own = fields.String(load_default="")
    pass_on = fields.Boolean(load_default=False)

    @post_load
    def reason(self, given: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """The reason that counts."""
        return {"reason": _reason(given["own"] or given["ready"], field="own"), "pass_on": given["pass_on"]}


def code_form() -> CodeForm:
    """For a code."""
    form = CodeForm()
    form.fields["code"].error_messages["required"] = gettext("Type the code in.")
    return form


def reason_form() -> ReasonForm:
    """For a reason."""
    form = ReasonForm()
    form.fields["reason"].error_messages["required"] = gettext("Say why, in words.")
    return form


def _reason(written: str, *, field: str) -> str:
    reason = " ".join(written.split())
    if not reason:
        raise ValidationError(gettext("Choose a reason, or say it in words of your own."), field)
    if len(reason) > REASON_LENGTH_MAX:
        raise ValidationError(gettext("At most %(max)d characters.", max=REASON_LENGTH_MAX), field)
    if not reason.isprintable():
        raise ValidationError(gettext("One line of text, please, without special characters."), field)
    return reason
