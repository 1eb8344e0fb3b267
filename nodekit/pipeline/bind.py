"""From a checked document to a pipeline."""

from dataclasses import replace
from typing import Literal

from nodekit.items import Items

from .checks import Checked
from .document import Document, Retry, seconds
from .draft import Draft
from .problem import PipelineError
from .source import Opened
from .steps import Origin, Pipeline, RetryPolicy, Step


def bind(checked: Checked, opened: Opened) -> Pipeline:
    """Return the pipeline of a document without errors.

    Raises:
        PipelineError: It has errors.
    """
    document, wiring, accounts = checked.document, checked.wiring, checked.accounts
    if document is None or wiring is None or accounts is None:
        raise PipelineError(checked.problems)
    steps: list[Step] = []
    for draft in checked.drafts:
        step = bound(draft, document, checked)
        name = draft.entry.credential
        steps.append(step if name is None else replace(step, credential=accounts.ready[name]))
    settings = document.settings
    return Pipeline(
        name=document.name or opened.name,
        steps=tuple(steps),
        wiring=wiring,
        output=checked.output,
        base=opened.base,
        id=document.id,
        description=document.description,
        timeout=None if settings.timeout is None else seconds(settings.timeout),
        timezone=settings.timezone,
        order=settings.order,
        env=tuple(settings.env),
        vars=settings.vars,
        mode=settings.mode,
        on_failure=settings.on_failure,
        warnings=tuple(checked.problems),
    )


def bound(draft: Draft, document: Document, checked: Checked) -> Step:
    """Return one step, without its credential.

    Raises:
        PipelineError: Something is wrong with it.
    """
    entry = draft.entry
    if draft.type is None or draft.template is None or draft.outputs is None:
        raise PipelineError(checked.problems)
    default = document.settings.concurrency or draft.type.node.concurrency
    return Step(
        name=entry.name,
        type=draft.type,
        template=draft.template,
        outputs=draft.outputs,
        required=draft.required,
        on_error=entry.on_error,
        retry=RetryPolicy() if entry.retry is None else policy(entry.retry),
        timeout=None if entry.timeout is None else seconds(entry.timeout),
        concurrency=entry.concurrency or default,
        once=entry.once,
        always_output=entry.always_output,
        disabled=entry.disabled,
        pin=None if entry.pin is None else Items(entry.pin),
        notes=entry.notes,
        origin=None if entry.origin is None else Origin(**entry.origin.model_dump()),
    )


def policy(retry: Retry) -> RetryPolicy:
    """Return how often and when to try again."""
    return RetryPolicy(
        tries=retry.tries,
        wait=seconds(retry.wait),
        backoff=float(retry.backoff),
        jitter=float(retry.jitter),
        max_wait=seconds(retry.max_wait),
        on=kinds(retry.on),
        of=retry.of,
    )


def kinds(
    on: Literal["retryable", "any"] | list[str | int],
) -> Literal["retryable", "any"] | frozenset[str | int]:
    """Return the failures that are worth another try."""
    return frozenset(on) if isinstance(on, list) else on
