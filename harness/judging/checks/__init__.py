"""Checks: a file each; this is their registry, in the order in which reports list them."""

from harness.judging.checks.canary import canary
from harness.judging.checks.check import Check
from harness.judging.checks.conservation import conservation
from harness.judging.checks.exposure import exposure
from harness.judging.checks.faults_landed import faults_landed
from harness.judging.checks.headroom import headroom
from harness.judging.checks.healed import healed
from harness.judging.checks.journal_intact import journal_intact
from harness.judging.checks.plan_followed import plan_followed
from harness.judging.checks.quiescence import quiescence

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
