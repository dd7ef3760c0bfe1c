"""Checks: a file each; this is their registry, in the order in which they are told."""

from harness.checks.canary import canary
from harness.checks.check import Check
from harness.checks.conservation import conservation
from harness.checks.exposure import exposure
from harness.checks.faults_landed import faults_landed
from harness.checks.headroom import headroom
from harness.checks.healed import healed
from harness.checks.journal_intact import journal_intact
from harness.checks.plan_followed import plan_followed
from harness.checks.quiescence import quiescence

CHECKS: dict[str, Check] = {
    "canary": canary,
    "plan_followed": plan_followed,
    "faults_landed": faults_landed,
    "exposure": exposure,
    "healed": healed,
    "quiescence": quiescence,
    "journal_intact": journal_intact,
    "conservation": conservation,
    "headroom": headroom,
}
