"""`chaos list`: the bundled scenarios."""

import click


@click.command()
def command() -> None:
    """List the bundled scenarios: the name for `chaos run`, and the question that each answers."""
    import yaml
    from tabulate import tabulate

    from harness.cli.screen import screen
    from harness.planning.reading.bundled import bundled
    from harness.report.text.layout import PIPED, folded

    paths = bundled()
    room = (screen().width or PIPED) - max(len(path.stem) for path in paths) - 2
    rows = []
    for path in paths:
        described = yaml.safe_load(path.read_text(encoding="utf-8")).get("description", "")
        rows.append((path.stem, "\n".join(folded([" ".join(described.split())], room, ""))))
    click.echo(tabulate(rows, headers=("scenario", "question"), tablefmt="plain"))
