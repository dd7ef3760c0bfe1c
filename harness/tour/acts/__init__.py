"""The acts of the tour, a file each, in their order."""

from harness.tour.act import Act
from harness.tour.acts import compensation, durability, races, retries, scalability, state

ACTS: dict[str, Act] = {
    act.name: act for act in (durability.ACT, retries.ACT, state.ACT, compensation.ACT, races.ACT, scalability.ACT)
}
