"""`chaos plan`: what a scenario will do, before anything starts."""

import sys

import click


@click.command()
@click.argument("scenario")
@click.option("--seed", type=int, metavar="N", help="Seed to plan with; default the scenario's.")
def command(scenario: str, seed: int | None) -> None:
    """Print the plan of SCENARIO as JSON: every ticket, its oracle, every fault instance.

    The same file and seed give the same bytes, on every machine. Durations are seconds. Nothing is started.

    \b
      chaos plan worker-kill --seed 7
    """
    from harness.planning import plan
    from harness.planning.reading import read

    planned, _ = read(scenario, seed=seed)
    sys.stdout.buffer.write(plan.encode(plan.build(planned)))
    sys.stdout.buffer.flush()
