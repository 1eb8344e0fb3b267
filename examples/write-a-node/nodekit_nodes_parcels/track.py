"""The node ``parcels.track``."""

from typing import Literal
from urllib.parse import quote

from pydantic import Field

from nodekit import Context, Item, ItemNode, Json, NodeError, Params, Send, State

from .credentials import Parcels

Output = Literal["changed", "same"]


class TrackParams(Params):
    """Which parcel to look for."""

    number: str = Field(min_length=1, examples=["={{ $json.parcel }}"])
    """The number of the parcel."""


class TrackState(State):
    """What was said of each parcel last."""

    places: dict[str, str] = Field(default={})


class Track(ItemNode[TrackParams, TrackState, Output]):
    """Ask where a parcel is; one that has moved since the last run leaves by `changed`.

    An item gets the field `place`, and keeps its others.
    """

    concurrency = 8
    credentials = (Parcels,)

    async def run_item(
        self, item: Item, params: TrackParams, ctx: Context[TrackState]
    ) -> Send[Output]:
        place = await place_of(params.number, ctx)
        output: Output = "same" if ctx.state.places.get(params.number) == place else "changed"
        ctx.state.places[params.number] = place
        return Send(output, item.with_json(place=place))


async def place_of(number: str, ctx: Context[TrackState]) -> str:
    """Ask the service for the place of a parcel.

    Raises:
        NodeError: There is no such parcel.
        ApiError: The service refused.
    """
    account = ctx.credential(Parcels)
    url = f"{account.base_url}/parcels/{quote(number, safe='')}"
    answer: Json = await ctx.http.json("GET", url, credential=account, reach="host", missing=None)
    if answer is None:
        raise NodeError(f"there is no parcel {number!r}", hint="Check the number of the parcel.")
    return str(answer["place"])
