"""The node ``parcels.track``, run by the engine against a small server of its own."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from nodekit_nodes_parcels import Parcels, Track
from nodekit_nodes_parcels.track import TrackState
from pydantic import SecretStr

from nodekit.testing import check_node_contract, raises_node_error, run_node

PLACES = {"A1": "Oslo", "A2": "Rome"}


async def answer(request: web.Request) -> web.Response:
    """Answer as the carrier's service does."""
    if request.headers.get("X-Api-Key") != "k-secret":
        return web.json_response({"message": "unknown key"}, status=401)
    place = PLACES.get(request.match_info["number"])
    return web.json_response({"place": place}, status=200 if place else 404)


@pytest.fixture
async def account() -> AsyncIterator[Parcels]:
    """Yield an account at a service that runs as long as the test."""
    app = web.Application()
    app.router.add_get("/parcels/{number}", answer)
    async with TestServer(app) as server:
        yield Parcels(key=SecretStr("k-secret"), base_url=str(server.make_url("")).rstrip("/"))


async def test_it_keeps_what_every_node_keeps() -> None:
    await check_node_contract(Track)


async def test_only_a_parcel_that_has_moved_leaves_by_changed(account: Parcels) -> None:
    known = TrackState(places={"A1": "Bern", "A2": "Rome"})
    found = await run_node(
        Track,
        {"number": "={{ $json.parcel }}"},
        [{"parcel": "A1"}, {"parcel": "A2"}],
        credential=account,
        state=known,
    )
    assert found.outputs["changed"].json == [{"parcel": "A1", "place": "Oslo"}]
    assert found.outputs["same"].json == [{"parcel": "A2", "place": "Rome"}]
    assert found.state == TrackState(places=PLACES)


async def test_a_parcel_nobody_knows_is_an_error(account: Parcels) -> None:
    with raises_node_error("item 0: there is no parcel 'A9'"):
        await run_node(Track, {"number": "A9"}, [{}], credential=account)


async def test_a_wrong_key_is_refused_in_the_services_words(account: Parcels) -> None:
    wrong = account.model_copy(update={"key": SecretStr("k-wrong")})
    url = f"{account.base_url}/parcels/A1"
    with raises_node_error(f"item 0: GET {url} answered 401: unknown key"):
        await run_node(Track, {"number": "A1"}, [{}], credential=wrong)
