import pytest
import torch
from torch.testing import assert_close

from snnrt.errors import ModelError
from snnrt.training import augment

IMAGES = torch.rand(40, 2, 7, 9, generator=torch.Generator().manual_seed(1)) + 0.1


def drawn(change, seed=1):
    return change(IMAGES, torch.Generator().manual_seed(seed))


def test_a_shift_moves_each_image_by_its_own_pixels():
    found = drawn(augment.shift(1))
    padded = torch.nn.functional.pad(IMAGES, (1, 1, 1, 1))
    seen = set()
    for one, wide in zip(found, padded):
        places = [
            (top, left) for top in range(3) for left in range(3)
            if torch.equal(wide[:, top : top + 7, left : left + 9], one)
        ]  # fmt: skip
        assert len(places) == 1
        seen.update(places)
    assert len(seen) == 9


def test_a_flip_turns_some():
    found = drawn(augment.flip())
    turned = [torch.equal(one, two.flip(-1)) for one, two in zip(found, IMAGES)]
    same = [torch.equal(one, two) for one, two in zip(found, IMAGES)]
    assert 8 < sum(turned) < 32 and sum(turned) + sum(same) == 40
    assert_close(drawn(augment.flip(0.0)), IMAGES)


def test_an_alternating_flip_shows_each_image_both_ways():
    turned = torch.rand(40, generator=torch.Generator().manual_seed(1)) < 0.5
    first, second, third = (augment.alternating_flip(IMAGES, turned, epoch) for epoch in range(3))
    assert torch.equal(first[turned], IMAGES[turned].flip(-1))
    assert torch.equal(first[~turned], IMAGES[~turned])
    assert torch.equal(second, first.flip(-1)) and torch.equal(third, first)


def test_a_cutout_hides_a_square_in_all_channels():
    found = drawn(augment.cutout(3))
    hidden = found == 0
    assert torch.equal(hidden[:, 0], hidden[:, 1])
    count = hidden[:, 0].sum((1, 2))
    assert int(count.max()) == 9 and int(count.min()) >= 1
    assert_close(found[~hidden], IMAGES[~hidden])


def test_the_seed_says_all_and_parts_follow_each_other():
    both = augment.together(augment.shift(2), augment.flip(1.0))
    assert torch.equal(drawn(both), drawn(both)) and not torch.equal(drawn(both), drawn(both, 2))
    assert torch.equal(drawn(both), drawn(augment.shift(2)).flip(-1))


@pytest.mark.parametrize("make", [augment.shift, augment.cutout])
def test_refusals(make):
    with pytest.raises(ModelError, match="expected 1 or more, found 0"):
        make(0)
