"""A third system, as a package of somebody else's brings it: tickets wait in a folder, and one worker walks them."""

from systems.registry import Registration
from tests.support.spool.settings import SpoolSettings

SPOOL = Registration(SpoolSettings, f"{__package__}.system")
