"""From a checked document to a pipeline."""

from base64 import b64decode
from dataclasses import replace
from typing import Literal

from nodekit.items import Binary, Item, Items
from nodekit.links import PairedItem

from .checks import Checked
from .document import Document, KeptRuns, PinnedFile, PinnedMore, Retry, StepEntry, seconds
from .draft import Draft
from .problem import PipelineError, Problem
from .source import Opened
from .steps import Origin, Pipeline, Retention, RetryPolicy, Step, Template


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
        max_runs=settings.max_runs,
        timezone=settings.timezone,
        order=settings.order,
        env=tuple(settings.env),
        vars=settings.vars,
        mode=settings.mode,
        active=settings.active,
        last_failure=settings.last_failure,
        on_failure=settings.on_failure,
        retention=retention(settings.runs),
        warnings=tuple(checked.problems),
    )


def retention(runs: KeptRuns) -> Retention:
    """Return how long runs are kept that are over."""
    return Retention(runs.keep, None if runs.age is None else seconds(runs.age))


def bound(draft: Draft, document: Document, checked: Checked) -> Step:
    """Return one step, without its credential.

    Raises:
        PipelineError: Something is wrong with it.
    """
    entry = draft.entry
    if draft.type is None or draft.template is None or draft.outputs is None:
        raise PipelineError(checked.problems)
    stated = entry.concurrency or stated_in(draft.template) or document.settings.concurrency
    return Step(
        name=entry.name,
        type=draft.type,
        template=draft.template,
        outputs=draft.outputs,
        required=draft.required,
        on_error=entry.on_error,
        retry=RetryPolicy() if entry.retry is None else policy(entry.retry),
        timeout=None if entry.timeout is None else seconds(entry.timeout),
        concurrency=stated or draft.type.node.concurrency,
        once=entry.once,
        always_output=entry.always_output,
        disabled=entry.disabled,
        pin=None if entry.pin is None else pinned_items(entry),
        notes=entry.notes,
        origin=None if entry.origin is None else Origin(**entry.origin.model_dump()),
    )


def stated_in(template: Template) -> int | None:
    """Return how many items at once the params say, where a node declares it among them."""
    stated = template.raw.get("concurrency")
    declared = "concurrency" in template.model.model_fields
    return stated if declared and isinstance(stated, int) else None


def pinned_items(entry: StepEntry) -> Items:
    """Return the items that a step puts out instead of running."""
    rows: list[Item] = []
    for i, json in enumerate(entry.pin or []):
        more = entry.pin_more[i] if i < len(entry.pin_more) else PinnedMore()
        files = {name: binary_of(file) for name, file in more.files.items()}
        places = [0] if more.links is None and entry.pin_more else more.links
        links = None if places is None else tuple(PairedItem(place) for place in places)
        rows.append(Item(json, binary=files, links=links))
    return Items.of(rows)


def binary_of(file: PinnedFile) -> Binary:
    """Return a pinned file.

    Raises:
        PipelineError: Its content is not base64.
    """
    try:
        content = b64decode(file.data, validate=True)
    except ValueError:
        message = f"the pinned file {file.file_name!r} is not in base64"
        raise PipelineError([Problem(None, None, None, "error", "bad-value", message)]) from None
    return Binary(content, media_type=file.media_type, file_name=file.file_name)


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
