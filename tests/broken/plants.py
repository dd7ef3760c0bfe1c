"""All that is planted, in the order of the page."""

from tests.broken.plant import Plant
from tests.broken.rows.answers_and_states import ANSWERS_AND_STATES
from tests.broken.rows.tickets_and_writes import TICKETS_AND_WRITES

PLANTS: tuple[Plant, ...] = (*TICKETS_AND_WRITES, *ANSWERS_AND_STATES)
