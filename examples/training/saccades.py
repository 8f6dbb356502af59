"""N-MNIST's event streams, synthesised of MNIST's images.

N-MNIST was recorded by an event camera that was turned in three saccades of 100 ms before MNIST's digits on a
screen (Orchard, Jayawant, Cohen and Thakor, "Converting static image datasets to spiking neuromorphic
datasets using saccades", Frontiers in Neuroscience 9:437, 2015). The same is computed here: the digit, dark
on a bright screen and blurred, moves along the camera's path; each pixel compares the logarithm of its
brightness with what it was at its last event, and has an event, ON or OFF, for each threshold in between.

The path and the sensor's parameters are fitted to the streams 0 … 799 of N-MNIST's training set, each beside
the MNIST image that it was recorded of: the path, blur and contrast by the likelihood of the events, the
thresholds by that of the bits below.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

PIXELS, STEPS, STEP_MS = 34, 60, 5
# where the sensor's middle looks, in hundredths of a pixel of the image, at 0, 5, … 310 ms
_PATH_X = (
    260, 263, 267, 270, 275, 277, 278, 277, 275, 271, 263, 245, 216, 188, 158, 132, 116, 110, 126, 133, 130,
    122, 108, 89, 68, 42, 6, -31, -68, -102, -125, -138, -145, -155, -170, -186, -201, -215, -228, -240,
    -257, -278, -299, -316, -326, -315, -290, -247, -196, -143, -92, -39, 15, 67, 114, 154, 187, 221, 253,
    280, 299, 309, 310,
)  # fmt: skip
_PATH_Y = (
    231, 219, 200, 175, 143, 105, 60, 9, -48, -109, -171, -228, -275, -314, -346, -368, -384, -399, -402,
    -393, -380, -366, -357, -358, -358, -349, -329, -295, -252, -199, -140, -80, -21, 35, 87, 128, 159, 181,
    191, 184, 176, 168, 162, 161, 163, 161, 159, 158, 155, 154, 155, 156, 159, 163, 168, 175, 184, 189, 191,
    191, 187, 183, 180,
)  # fmt: skip
PATH = torch.tensor([_PATH_X, _PATH_Y]).T / 100
"""(63, 2): x and y at 0, 5, … 310 ms."""


@dataclass(frozen=True)
class Sensor:
    """An event camera before a screen. Brightness is log(1 + b / ``dark``) of b from 0 (the digit) to 1 (the
    screen), scaled to 0 … 1.

    ``threshold_off``, ``threshold_on``: the change of brightness that is an event; ``mismatch``: the standard
    deviation of their logarithm over pixels; ``forgets``: the share of a pending change that a pixel
    loses in 5 ms; ``noise_off``, ``noise_on``: events of no cause, a pixel and 5 ms. ``blur``: of the image,
    in its pixels; ``scale``: sensor's pixels for one of them. Of recordings: ``late`` and ``late_spread``
    (ms) say how far the path has gone at the first event, ``place_spread`` (pixels) where the digit stands,
    ``gain_spread`` how much contrast it has.
    """

    threshold_off: float = 0.123
    threshold_on: float = 0.112
    mismatch: float = 0.17
    forgets: float = 0.33
    noise_off: float = 0.0002
    noise_on: float = 0.0018
    dark: float = 0.546
    blur: float = 0.715
    scale: float = 1.013
    late: float = 1.1
    late_spread: float = 2.1
    place_spread: float = 0.12
    gain_spread: float = 0.1


SENSOR = Sensor()
BATCH = 50


def streams(
    images: torch.Tensor, bins: int, generator: torch.Generator, sensor: Sensor = SENSOR
) -> torch.Tensor:
    """(N, 28, 28) uint8 images → (N, bins, 2, 17, 17) uint8, as :func:`datasets.nmnist` gives recordings: 1
    where a polarity (0 OFF, 1 ON) of two by two pixels had an event. ``bins`` of 300 ms: a divisor of 60,
    ValueError otherwise.
    """
    if bins < 1 or STEPS % bins:
        raise ValueError(f"bins: expected a divisor of {STEPS}, found {bins}")
    found = torch.zeros((len(images), bins, 2, PIXELS // 2, PIXELS // 2), dtype=torch.uint8)
    for part, out in zip(images.split(BATCH), found.split(BATCH)):
        seen = brightness(part.float() / 255, generator, sensor)
        out.copy_(_bits(seen, bins, generator, sensor))
    return found


def brightness(images: torch.Tensor, generator: torch.Generator, sensor: Sensor = SENSOR) -> torch.Tensor:
    """(N, 28, 28) of 0 … 1 → (61, N, 34, 34): what each pixel sees every 5 ms, from 0 (the digit) to 1."""
    count = len(images)
    late = sensor.late + sensor.late_spread * torch.randn(count, 1, generator=generator)
    time = (torch.arange(STEPS + 1) + late / STEP_MS).clamp(0, len(PATH) - 1.001)
    before, share = time.floor().long(), time.frac()[..., None]
    path = PATH[before] * (1 - share) + PATH[before + 1] * share
    path = path + sensor.place_spread * torch.randn(count, 1, 2, generator=generator)
    # a moved and blurred image is a product from each side: of rows and of columns
    columns, rows = (_sampled(path[..., axis].T, images.shape[-1 - axis], sensor) for axis in (0, 1))
    screen = 1 - rows @ images @ columns.transpose(-1, -2)
    dark = sensor.dark
    return torch.log1p(screen.clamp_(min=0) / dark) / torch.log1p(torch.tensor(1 / dark))


def _sampled(place: torch.Tensor, size: int, sensor: Sensor) -> torch.Tensor:
    """(…) places of the middle → (…, 34, size): the share of ``size`` pixels in each of the sensor's."""
    of_sensor = torch.arange(PIXELS) - (PIXELS - 1) / 2
    of_image = (torch.arange(size) - (size - 1) / 2) * sensor.scale
    distance = of_sensor[:, None] - of_image + place[..., None, None]
    # far away it is nothing, which denormal numbers take long to say
    bell = torch.exp((-(distance**2) / (2 * sensor.blur**2)).clamp_(min=-20))
    return bell * (sensor.scale / (sensor.blur * (2 * torch.pi) ** 0.5))


def _bits(seen: torch.Tensor, bins: int, generator: torch.Generator, sensor: Sensor) -> torch.Tensor:
    """(61, N, 34, 34) → (N, bins, 2, 17, 17) of 0 and 1."""
    shape = seen.shape[1:]

    def normal(*size: int) -> torch.Tensor:
        return torch.randn(size or shape, generator=generator)

    gain = 1 + sensor.gain_spread * normal(shape[0], 1, 1)
    off, on = (
        threshold * torch.exp(sensor.mismatch * normal()) / gain
        for threshold in (sensor.threshold_off, sensor.threshold_on)
    )
    # the last event was anywhere between the thresholds
    kept = seen[0] + (torch.rand(shape, generator=generator) - 0.5) * (on + off) / 2
    events = torch.zeros((shape[0], bins, 2, *shape[1:]))
    for step, now in enumerate(seen[1:]):
        change = now - kept
        brighter, darker = (torch.floor(change / one).clamp_(min=0) for one in (on, -off))
        # the pending change is what no event was of, less what is forgotten
        change.addcmul_(brighter, on, value=-1).addcmul_(darker, off)
        torch.sub(now, change, alpha=1 - sensor.forgets, out=kept)
        place = step * bins // STEPS
        events[:, place, 0] += darker
        events[:, place, 1] += brighter
    pairs = torch.nn.functional.max_pool2d(events.flatten(0, 1), 2).unflatten(0, (shape[0], bins))
    # of the four pixels in all steps of a bin
    noise = 4 * STEPS / bins * torch.tensor([sensor.noise_off, sensor.noise_on])
    found = (pairs > 0) | (torch.rand(pairs.shape, generator=generator) < noise.view(-1, 1, 1))
    return found
