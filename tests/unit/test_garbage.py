"""Python looks for no garbage while a program is put together, and does again afterwards."""

from __future__ import annotations

import gc

import pytest

from deltasim._garbage import settling, undisturbed


@pytest.mark.parametrize("during", [undisturbed, settling])
@pytest.mark.parametrize("on", [True, False])
def test_it_is_as_before_whatever_happens_inside(during, on, monkeypatch):
    before = gc.isenabled()
    try:
        (gc.enable if on else gc.disable)()
        with during():
            assert not gc.isenabled()
        assert gc.isenabled() is on
        with pytest.raises(RuntimeError), during():
            raise RuntimeError
        assert gc.isenabled() is on
    finally:
        gc.unfreeze()
        (gc.enable if before else gc.disable)()


def test_what_has_settled_is_not_gone_through_again():
    with settling():
        kept = [[] for _ in range(1000)]
    try:
        assert gc.get_freeze_count() >= len(kept)
        looked_at = {id(thing) for thing in gc.get_objects()}
        assert not any(id(each) in looked_at for each in kept)
    finally:
        gc.unfreeze()
