"""Bugs of what a system says and takes: lies, refusals, idleness, and what no fault can hit."""

from tests.broken.plant import Move, Plant, Source, twins

FAST = "desk: {step_time: 10ms, outcomes: {needs_escalation: 0.0}}\n"

ANSWERS_AND_STATES = (
    Plant(
        slug="says-resolved",
        bug="answers that a ticket is resolved, whatever became of it",
        caught_by="conservation",
        moves={"conservation": Move("invalid")},
        scenario=twins(
            "says-resolved",
            "processes: 1",
            """\
load: {tickets: 6, arrival: {rate: 20/s}, priorities: {high: 1}}
desk: {step_time: 10ms, outcomes: {fix_fails: 1.0}}
""",
        ),
        source=Source(
            "apache/dolphinscheduler #2383: The task instance log shows failure, but the status shows success",
            "https://github.com/apache/dolphinscheduler/issues/2383",
        ),
    ),
    Plant(
        slug="carries-on",
        bug="swallows a permanent error, and goes on",
        caught_by="wrong_outcome",
        moves={
            "wrong_outcome": Move(1),
            "finished": Move(1, "it should have failed"),
            "unserved": Move(-1, "it should have failed"),
            "failed": Move(-1, "it should have failed"),
            "failed_as_expected": Move(-1, "it should have failed"),
            "effects_unsent": Move(-1, "its customer is told that it is resolved"),
            "attempts": Move(1, "its path to the end is longer than giving it up"),
        },
        scenario=twins(
            "carries-on",
            "processes: 1",
            f"""\
load: {{tickets: 6, arrival: {{rate: 20/s}}, priorities: {{medium: 1}}}}
{FAST}\
faults:
  - {{kind: activity_failure, step: agent_investigate, tickets: [2], error: permanent}}
""",
        ),
        source=Source(
            "Yuan et al.: Simple Testing Can Prevent Most Critical Failures",
            "https://www.usenix.org/publications/login/feb15/yuan",
        ),
        due={"failed": 1, "unserved": 1, "effects_unsent": 1},
    ),
    Plant(
        slug="marks-as-paused",
        bug="marks a ticket as paused, and works on",
        caught_by="faults_landed",
        moves={
            "faults_landed": Move("unknown"),
            "faults_missed": Move(1, "a pause in which steps begin is none"),
            "exposed": Move(-1, "a fault that did not land hit nobody"),
            "recovered": Move(-1, "a fault that did not land hit nobody"),
        },
        scenario=twins(
            "marks-as-paused",
            "processes: 1",
            """\
load: {tickets: 4, arrival: {rate: 20/s}, priorities: {medium: 1}}
desk: {step_time: 200ms, outcomes: {needs_escalation: 0.0}}
faults:
  - {kind: long_pause, scope: ticket, tickets: [2], duration: 1s, when: {step: agent_investigate, occurrence: 2}}
""",
        ),
        source=Source(
            "data-preservation-programs/singularity #341: pause-scan, pause-dag, pause-pack does not pause the job",
            "https://github.com/data-preservation-programs/singularity/issues/341",
        ),
    ),
    Plant(
        slug="built-without-points",
        bug="is built without the points at which faults act, so that none lands",
        caught_by="faults_landed",
        moves={
            "faults_landed": Move("unknown"),
            "faults_missed": Move(1, "no execution came to its place"),
            **dict.fromkeys(
                ("exposed", "interrupted", "recovered", "recovered_by_retry", "retries", "attempts"),
                Move(-1, "a fault that did not land broke nothing"),
            ),
        },
        scenario=twins(
            "built-without-points",
            "processes: 1, retries: 1",
            f"""\
load: {{tickets: 6, arrival: {{rate: 20/s}}, priorities: {{medium: 1}}}}
{FAST}\
faults:
  - {{kind: activity_failure, step: agent_investigate, tickets: [2]}}
""",
        ),
        source=Source(
            "litmuschaos/litmus #73: Add checks in chaos-based tests to confirm actual fault/failure injection",
            "https://github.com/litmuschaos/litmus/issues/73",
        ),
    ),
    Plant(
        slug="ready-before-it-serves",
        bug="says that it is ready, and idles the whole time",
        caught_by="canary",
        moves={
            "canary": Move("unknown"),
            "plan_followed": Move("unknown", "no load was put on"),
            "quiescence": Move("unknown", "so nothing settled"),
            **dict.fromkeys(
                ("submitted", "acknowledged", "finished", "effects_expected", "effects_applied"),
                Move(-6, "no load was put on"),
            ),
            "attempts": Move(-36, "no load was put on"),
        },
        scenario=twins(
            "ready-before-it-serves",
            "processes: 1",
            f"""\
load: {{tickets: 6, arrival: {{rate: 20/s}}, priorities: {{medium: 1}}, timeout: 2s}}
{FAST}""",
        ),
        source=Source(
            "boettiger-lab/mcp-data-server #157: readiness probe only checks TCP, not request-readiness",
            "https://github.com/boettiger-lab/mcp-data-server/issues/157",
        ),
    ),
    Plant(
        slug="open-circuit",
        bug="refuses every ticket, as its circuit breaker never closes again",
        caught_by="rejected",
        moves={
            "rejected": Move(6),
            "acknowledged": Move(-6, "a refusal is the opposite"),
            "finished": Move(-6, "nothing was begun"),
            "unserved": Move(6, "nothing was begun"),
            "effects_applied": Move(-6, "nothing was begun"),
            "effects_unsent": Move(6, "nothing was begun"),
            "attempts": Move(-36, "nothing was begun"),
        },
        scenario=twins(
            "open-circuit",
            "processes: 1",
            f"""\
load: {{tickets: 6, arrival: {{rate: 20/s}}, priorities: {{medium: 1}}}}
{FAST}""",
        ),
        source=Source(
            "nodeshift/opossum #276: Circuit gets stuck in halfOpen and blocks all calls",
            "https://github.com/nodeshift/opossum/issues/276",
        ),
    ),
    Plant(
        slug="hasty-gateway",
        bug="does the work, and answers that it was not done",
        caught_by="conservation",
        moves={
            "conservation": Move("invalid"),
            "acknowledged": Move(-6, "no client had an ok"),
            "indeterminate": Move(6, "a no that is denied by the work tells nothing"),
        },
        scenario=twins(
            "hasty-gateway",
            "processes: 1",
            """\
load: {tickets: 6, arrival: {rate: 20/s}, priorities: {low: 1, medium: 1, high: 1}}
desk: {step_time: 400ms}
""",
        ),
        source=Source(
            "specify/specify7 #7019: 504 gateway timeout for large tree operations that end up completing",
            "https://github.com/specify/specify7/issues/7019",
        ),
    ),
)
