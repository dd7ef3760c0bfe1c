"""`python -m benchmarks [NAME…]`: run all benchmarks, or the named ones, one after the other."""

from importlib import import_module

import click

NAMES = (
    "reference_run",
    "startup",
    "check_speed",
    "report_speed",
    "throughput",
    "recovery",
    "spurious",
    "punctuality",
    "coverage",
    "live",
)
"""Those that are run where none is named."""
BY_NAME = ("pictures",)
"""Those that are run only by their name."""


class Benchmarks(click.Command):
    """A command whose help says what each benchmark measures."""

    def format_epilog(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """List every benchmark with the first sentence of its module's docstring."""
        for title, names in (("Benchmarks", NAMES), ("Only where it is named", BY_NAME)):
            with formatter.section(title):
                formatter.write_dl([(name, _purpose(name)) for name in names])


def _purpose(name: str) -> str:
    return (import_module(f"benchmarks.{name}").__doc__ or "").partition("\n")[0].removeprefix(f"{name}: ")


@click.command(cls=Benchmarks)
@click.argument("names", metavar="[NAME]...", nargs=-1, type=click.Choice([*NAMES, *BY_NAME]))
def main(names: tuple[str, ...]) -> None:
    """Measure what the documentation promises, one benchmark after the other: all of them, or the named ones.

    Have nothing else running on the machine meanwhile.
    """
    for name in names or NAMES:
        click.echo(f"== {name}")
        import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
