"""Stop with an error: end the run, saying why."""

from collections.abc import Mapping

from pydantic import Field, model_validator

from nodekit import BatchNode, Context, Inputs, Items, Json, NodeError, Params

from .alternatives import one_of
from .coerce import Misfit, to_object
from .javascript import json_of


class StopWithErrorParams(Params):
    """Why the run ends: a `message`, or an error as an object."""

    message: str | None = Field(
        default=None, min_length=1, examples=["=order {{ $json.id }} has no customer"]
    )
    """What the error says."""

    json_: Json = Field(
        default=None,
        validation_alias="json",
        examples=[{"message": "no customer", "description": "Ask the sales team.", "code": 17}],
    )
    """The error as a mapping, or JSON text of one.

    What it says is the first text among its `message`, `description` and `error`, or else all of
    it; `description` is its hint. Items that go on under `on_error: error_output` carry the whole.
    """

    @model_validator(mode="before")
    @classmethod
    def _one_is_given(cls, raw: object) -> object:
        one_of(raw, "message", "json")
        return raw


class StopWithError(BatchNode[StopWithErrorParams]):
    """End the run with an error of your own.

    Under `on_error: continue` the items go on unchanged, under `error_output` they leave by
    `error`.
    """

    def run_batch(self, inputs: Inputs, params: StopWithErrorParams, ctx: Context) -> Items:
        if not len(inputs.main):
            return inputs.main
        if params.message is not None:
            raise NodeError(params.message)
        try:
            error = to_object(params.json_)
        except Misfit:
            raise NodeError(
                'parameter "json" is no object', hint="Give a mapping, or JSON text of one."
            ) from None
        hint = error.get("description")
        raise NodeError(
            message_of(error), hint=hint if isinstance(hint, str) else None, json={"error": error}
        )


def message_of(error: Mapping[str, Json]) -> str:
    """Return what an error object says."""
    texts = (error.get(name) for name in ("message", "description", "error"))
    found = next((text for text in texts if isinstance(text, str) and text), None)
    return found if found is not None else f"Error: {json_of(error)}"
