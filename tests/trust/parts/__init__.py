"""The parts of the proof, in the order of the page; one file a part."""

from tests.trust.part import Part
from tests.trust.parts.inputs import Inputs

PARTS: tuple[Part, ...] = (Inputs(),)
