"""`chaos list`: the bundled scenarios."""

import click


@click.command()
def command() -> None:
    """List the bundled scenarios: the name for `chaos run`, and the question each answers."""
    import textwrap

    import yaml
    from tabulate import tabulate

    from harness.planning.reading.bundled import bundled

    rows = []
    for path in bundled():
        described = yaml.safe_load(path.read_text(encoding="utf-8")).get("description", "")
        rows.append((path.stem, "\n".join(textwrap.wrap(" ".join(described.split()), 80))))
    click.echo(tabulate(rows, headers=("scenario", "question"), tablefmt="plain"))
