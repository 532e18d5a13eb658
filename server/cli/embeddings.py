"""`voicelearn embeddings`: hold our graph of MiniLM to what sentence-transformers makes of the same checkpoint."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from learning.embeddings import DEFAULT_MODEL, EmbeddingError, models_folder, open_embedder
from learning.embeddings.reference import compare as compare_with
from learning.embeddings.reference import make, read
from server.cli.settings import data_option, settings_or_exit

SMALLEST_COSINE = 0.99999
LARGEST_DIFFERENCE = 1e-5


@click.group()
def embeddings() -> None:
    """Compare the embedding models."""


@embeddings.command()
@click.option(
    "--reference",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Vectors written earlier by `python -m learning.embeddings.reference`, in place of the live library.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@data_option
def compare(reference: Path | None, as_json: bool, data: Path | None) -> None:
    """Our MiniLM against sentence-transformers, live where the extra is installed.

    Ends with status 1 where a cosine is below 0.99999 or a difference above 1e-5.
    """
    try:
        wanted = read(reference) if reference else make()
        ours = open_embedder(DEFAULT_MODEL, models_folder(settings_or_exit(data).data))
    except EmbeddingError as error:
        raise click.ClickException(str(error)) from error
    difference = compare_with(ours, wanted)
    if as_json:
        click.echo(json.dumps(asdict(difference) | {"reference": wanted.origin}))
    else:
        made_by = ", ".join(f"{name} {version[:16]}" for name, version in wanted.origin.items())
        click.echo(f"{difference.texts} texts; reference by {made_by}")
        click.echo(f"smallest cosine     {difference.smallest_cosine:.9f}")
        click.echo(
            f"largest difference  {difference.largest_difference:.2e}  (at {difference.worst_text[:60]!r})"
        )
    if difference.smallest_cosine < SMALLEST_COSINE or difference.largest_difference > LARGEST_DIFFERENCE:
        raise click.exceptions.Exit(1)
