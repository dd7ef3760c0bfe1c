"""The parts of the proof, in the order of the page; one file a part."""

from tests.trust.part import Part
from tests.trust.parts.bad_luck import BadLuck
from tests.trust.parts.clean import Clean
from tests.trust.parts.harness_parts import HarnessParts
from tests.trust.parts.inputs import Inputs
from tests.trust.parts.kills import Kills
from tests.trust.parts.mutants import Mutants
from tests.trust.parts.planted import Planted
from tests.trust.parts.spurious import Spurious

PARTS: tuple[Part, ...] = (Planted(), BadLuck(), HarnessParts(), Clean(), Spurious(), Inputs(), Kills(), Mutants())
