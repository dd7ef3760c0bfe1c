"""The entries of the checklist: what is to be tried, who says so, the scenario that shows it, and the figures to quote.

A lesson says what holds in every run of the scenario, as its expectations do; the figures are a run's.
"""

from typing import NamedTuple

GUIDE = "https://docs.temporal.io/best-practices/pre-production-testing"
WORKER_GUIDE = "https://docs.temporal.io/best-practices/worker"


class Entry(NamedTuple):
    """A line: what to try, and the page that asks for it or tells of it.

    `figures` are "label.metric", as in an expectation; `link` is the heading on Temporal's guide, or an address.
    """

    what: str
    link: str
    scenario: str
    lesson: str
    figures: tuple[str, ...]

    def text(self) -> str:
        """Return what to try as a link to who says so."""
        address = self.link if self.link.startswith("https://") else f"{GUIDE}#{self.link}"
        return f"[{self.what}]({address})"


GUIDES = (
    Entry(
        "Kill all workers, then restart them",
        "kill-all-workers-then-restart-them",
        "pause-and-kill",
        "a workflow outlives all of its workers, a request its process never",
        ("sync.lost", "temporal.lost", "temporal.unserved"),
    ),
    Entry(
        "… and see whether activities are idempotent",
        "kill-all-workers-then-restart-them",
        "worker-kill-after-effect",
        "who dies between a message and its record sends it again, in any system; a key at the receiver drops it",
        ("sync.effects_duplicated", "temporal.effects_duplicated", "temporal-idempotent.effects_duplicated"),
    ),
    Entry(
        "Restart workers frequently",
        "frequent-worker-restart",
        "worker-kill",
        "nothing is lost, and resuming waits for time-outs",
        ("sync.lost", "sync-hardened.lost", "temporal.lost", "sync-hardened.resume_p50", "temporal.resume_p50"),
    ),
    Entry(
        "… while they recover from the last time",
        "frequent-worker-restart",
        "killed-again",
        "what recovers from one fault recovers from the next in the middle of that",
        ("sync.lost", "temporal.lost", "temporal.recovery_p95"),
    ),
    Entry(
        "Validate downstream capacity",
        "validate-downstream-load-capacity",
        "waiting-tickets",
        "what waits for somebody who is busy holds a thread in a service, and none in a workflow",
        ("sync.latency_p50", "temporal.latency_p50"),
    ),
    Entry(
        "Validate rate limiting",
        "validate-rate-limiting-behavior",
        "engine-limit",
        "nothing fails and nothing is retried, only times tell of it",
        ("temporal.retries", "temporal.ack_p95", "temporal.delay_p95", "temporal.latency_p95"),
    ),
    Entry(
        "Fail over to another region (here: the one engine dies, and comes back)",
        "test-region-failover",
        "engine-kill",
        "nothing that was acknowledged is lost, and nothing moves meanwhile",
        ("temporal.lost", "temporal.unavailable"),
    ),
    Entry(
        "Break what workflows call: a database that cannot be written",
        "break-the-things-your-workflows-call",
        "store-outage",
        "a time-out that is too short does the work twice, one above the outage only waits",
        ("temporal.retries", "temporal-tuned.retries", "temporal-hasty.retries"),
    ),
    Entry(
        "Break what workflows call: an API that refuses",
        "break-the-things-your-workflows-call",
        "receiver-outage",
        "retries that outlast the outage save every ticket, in either system",
        ("sync.failed", "sync-hardened.failed", "temporal.failed"),
    ),
    Entry(
        "Deploy a change of a workflow with versioning",
        "deploy-a-workflow-change-with-versioning",
        "deploy-guarded",
        "a patch or a pinned version keeps running tickets on their way, an automatic upgrade alone does not",
        ("unguarded.wedged", "auto-upgrade.wedged", "patched.wedged", "pinned.wedged"),
    ),
    Entry(
        "Deploy a version that breaks determinism, then recover",
        "deploy-a-version-that-causes-ndes-then-recover",
        "deploy-rollback",
        "a rollback brings back who was wedged, and nobody who failed",
        ("wedging.wedged_seconds", "wedging.unserved", "failing.failed"),
    ),
    Entry(
        "Cut the network between workers and the service",
        "remove-network-connectivity-to-a-namespace",
        "network-lost",
        "a connection that lost bytes is found by keep-alive alone",
        ("held-default.unavailable", "lost-default.unavailable", "lost-tuned.unavailable"),
    ),
    Entry(
        "Tune workers instead of relying on defaults",
        WORKER_GUIDE,
        "profiles",
        "how long a dead worker's work waits is configuration",
        ("temporal-default.resume_p50", "temporal-tuned.resume_p50", "temporal-engine.resume_p50"),
    ),
)
"""Temporal's guides, item by item."""

OUTAGES = (
    Entry(
        "A deploy ends workers in the middle of their work",
        "https://github.com/PostHog/posthog/pull/16496",
        "rolling-restart",
        "who drains on SIGTERM loses nothing, with or without durable execution",
        ("sync.lost", "temporal.lost", "sync.latency_p99", "temporal.latency_p99"),
    ),
    Entry(
        "After a deploy, workflows are *running* and do nothing",
        "https://github.com/ballerina-platform/ballerina-library/issues/9048",
        "deploy-unguarded",
        "some changes wedge, some do the wrong thing without a sound",
        ("insert.wedged", "swap.wrong_results", "forget.lost"),
    ),
    Entry(
        "Old and new code take turns on one ticket",
        "https://github.com/PostHog/posthog/pull/58238",
        "deploy-rolling",
        "who was begun by one and is met by the other stands still, unless a patch tells them apart",
        ("unguarded.mixed_version_seconds", "unguarded.wedged", "patched.wedged", "patched.mixed_paths"),
    ),
    Entry(
        "A load balancer or NAT forgets a connection, and tells nobody",
        "https://www.internetstaff.com/grpc-keepalives-transport-closing-aws-network-load-balancers/",
        "network-lost",
        "held bytes arrive late; lost ones cost a keep-alive",
        ("held-tuned.unavailable", "lost-default.unavailable", "lost-tuned.unavailable"),
    ),
    Entry(
        "An attempt that timed out goes on beside its retry",
        "https://github.com/dust-tt/dust/pull/4272",
        "network-zombie",
        "nobody can stop who is cut off; a key at the receiver drops what is sent twice",
        ("unguarded.effects_duplicated", "idempotent.effects_duplicated", "idempotent.effects_deduplicated"),
    ),
    Entry(
        "A process stands still for longer than its lease, wakes up and writes",
        "https://systems.lepei.co/foundations/leases-fencing-tokens",
        "zombie-worker",
        "a version on the row refuses the stale write",
        ("unguarded.stale_writes", "optimistic.stale_writes", "optimistic.conflicts"),
    ),
    Entry(
        "A long step without a heartbeat: a dead worker is found when its time-out ends",
        "https://github.com/PostHog/posthog/pull/36043",
        "hanging-step",
        "a shorter time-out recovers sooner, and does twice what was merely slow",
        ("temporal-tuned.recovery_max", "temporal-hasty.recovery_max", "temporal-hasty.effects_duplicated"),
    ),
    Entry(
        "The answer got lost: was it done?",
        "https://docs.stripe.com/api/idempotent_requests",
        "network-client",
        "the client cannot know; asking again is safe where the id is unique",
        ("sync.indeterminate", "sync.unserved", "sync-again.unserved", "temporal-again.unserved"),
    ),
    Entry(
        "… and the same request comes twice at once",
        "https://docs.stripe.com/api/idempotent_requests",
        "race-duplicate-submit",
        "one of two survives where the id is unique, whatever checks it",
        ("sync-none.duplicate_tickets", "sync-atomic.duplicate_tickets", "temporal-none.duplicate_tickets"),
    ),
    Entry(
        "A migration locks a table, and everything queues",
        "https://gocardless.com/blog/zero-downtime-postgres-migrations-the-hard-parts/",
        "store-outage",
        "everybody waits, and only the hasty do it again",
        ("sync.latency_p95", "temporal.latency_p95", "temporal-hasty.effects_duplicated"),
    ),
    Entry(
        "The engine restarts, and workers are to come back by themselves",
        "https://github.com/harsh-simform/nestjs-temporal-core/pull/30",
        "engine-kill",
        "workers that ask again do, and go on",
        ("temporal.unserved", "temporal.unavailable"),
    ),
    Entry(
        "The quota is reached",
        "https://docs.temporal.io/cloud/limits",
        "engine-limit",
        "work is late, not lost",
        ("temporal.lost", "temporal.unserved", "temporal.latency_p95"),
    ),
)
"""What public reports tell of most often, each with one of them."""
