"""What runs workflows, in a worker and in a replay: the SDK's sandbox, past which the desk's pure modules are let."""

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from systems import desk


def runner() -> SandboxedWorkflowRunner:
    """Return a sandbox that does not load the desk anew for each workflow."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(desk.__name__)
    return SandboxedWorkflowRunner(restrictions=restrictions)
