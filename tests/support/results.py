"""Literal results of runs, for tests of reports."""

from typing import Any

from harness.runfolder.result import (
    CheckResult,
    ExpectationResult,
    FaultResult,
    Judged,
    Repetition,
    Result,
    ScenarioName,
    SystemResult,
)

CHECKS = (
    "canary",
    "plan_followed",
    "faults_landed",
    "exposure",
    "healed",
    "quiescence",
    "journal_intact",
    "conservation",
)

SYNC: dict[str, Any] = {
    "submitted": 40,
    "finished": 36,
    "lost": 4,
    "lost_acknowledged": 0,
    "failed": 0,
    "effects_duplicated": 0,
}
SYNC |= {
    "unserved": 4,
    "effects_unsent": 0,
    "effects_missing": 0,
    "exposed": 4,
    "recovered": 0,
    "unrecovered": 4,
    "interrupted": 4,
    "unresumed": 4,
}
SYNC |= {"latency_p50": 0.3, "cpu_seconds": 3.1, "peak_rss": 180_000_000, "throughput": 18.4}

TEMPORAL: dict[str, Any] = {
    "submitted": 40,
    "finished": 40,
    "lost": 0,
    "lost_acknowledged": 0,
    "failed": 0,
    "effects_duplicated": 1,
}
TEMPORAL |= {
    "unserved": 0,
    "effects_unsent": 0,
    "effects_missing": 0,
    "exposed": 9,
    "recovered": 9,
    "unrecovered": 0,
    "interrupted": 5,
    "unresumed": 0,
}
TEMPORAL |= {"resume_p50": 0.93, "resume_p95": 10.2, "recovery_p50": 3.4, "latency_p50": 0.9, "cpu_seconds": 6.25}
TEMPORAL |= {"engine_cpu_seconds": 4.0, "peak_rss": 512_000_000, "throughput": 11.4}


def repetition(metrics: dict[str, Any], **changes: Any) -> Repetition:
    fields: dict[str, Any] = {
        "metrics": metrics,
        "censored": (),
        "checks": tuple(CheckResult(name, "valid", "") for name in CHECKS),
        "faults": (fault(landed=1, exposed=int(metrics.get("exposed", 0))),),
    }
    return Repetition(**(fields | changes))


def fault(**changes: Any) -> FaultResult:
    fields: dict[str, Any] = {
        "index": 1,
        "line": 24,
        "name": None,
        "kind": "worker_kill",
        "tickets": (4,),
        "planned": 1,
    }
    fields |= {"landed": 0, "missed": 0, "preempted": 0, "not_applicable": 0, "exposed": 0}
    return FaultResult(**(fields | changes))


def sync(**changes: Any) -> Repetition:
    never = {"resume_p50": None, "resume_p95": None, "recovery_p50": None}
    fields: dict[str, Any] = {"censored": tuple(never), "tickets": {"lost": (4, 7, 12, 31)}} | changes
    return repetition({**SYNC, **never}, **fields)


def temporal(**changes: Any) -> Repetition:
    notes = {"resume_p95": "start-to-close 10 s"}
    return repetition(changes.pop("metrics", TEMPORAL), **({"notes": notes} | changes))


def expectation(text: str = "temporal.lost == 0", said: Any = "pass", *judged: Judged) -> ExpectationResult:
    return ExpectationResult(text, 31, said, judged or (Judged("temporal", 1, 0, "==", 0, said),))


def result(**changes: Any) -> Result:
    follows = {"start-to-close": 10.0, "engine timer shift": 1.0}
    systems = {
        "sync": SystemResult({"system": "sync", "processes": 2, "threads": 8, "retries": 0}, (sync(),)),
        "temporal": SystemResult(
            {"system": "temporal", "processes": 2, "threads": 8, "profile": "default", "follows_from": follows},
            (temporal(),),
        ),
    }
    fields: dict[str, Any] = {
        "schema": 1,
        "run_id": "20260101-000000-worker-kill-0000",
        "scenario": ScenarioName("worker-kill", "What is lost when a worker dies?"),
        "seed": 42,
        "plan_sha256": "0" * 64,
        "environment": {},
        "systems": systems,
        "expectations": (expectation(),),
        "verdict": "pass",
    }
    return Result(**(fields | changes))
