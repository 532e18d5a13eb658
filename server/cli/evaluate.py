"""`voicelearn evaluate`: judge what recognises utterances on data of one's own."""

import json
from pathlib import Path
from typing import Any

import click

from learning.embeddings import Embedder, EmbeddingError, models_folder, open_embedder
from learning.evaluation import (
    DataError,
    Guess,
    Labelled,
    Report,
    baseline,
    guesses,
    read_utterances,
    report,
    training_set,
)
from learning.recogniser import Recogniser, normalised
from server.cli.settings import data_option, settings_or_exit
from storage.playbook import read_playbook

_SHOWN = 25
_file = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def evaluate() -> None:
    """Judge the recogniser on data of your own."""


@evaluate.command()
@click.argument("file", type=_file)
@click.option("--train", type=_file, help="Examples to fit on; the playbook's without it.")
@click.option(
    "--shots", type=click.IntRange(min=1), help="So many examples of each label, drawn by the seed; else all."
)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--model", help="The embedding model.  [VOICELEARN_EMBEDDING_MODEL]")
@click.option("--baseline", "with_baseline", is_flag=True, help="Beside it, TF-IDF with logistic regression.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@data_option
def intents(
    file: Path,
    train: Path | None,
    shots: int | None,
    seed: int,
    model: str | None,
    with_baseline: bool,
    as_json: bool,
    data: Path | None,
) -> None:
    """Recognise the utterances of FILE, JSONL of {"text", "label"}.

    A label that the training data lacks means "none of these", as do oos, other, none_of_these and their like
    wherever they stand.
    """
    settings = settings_or_exit(data)
    try:
        rows = read_utterances(file)
        training = training_set(
            read_utterances(train) if train else read_playbook(settings.playbook).examples(), shots, seed
        )
        if not training:
            raise click.ClickException(f"{train}: no label that is an intent")
        embedder = open_embedder(model or settings.embedding_model, models_folder(settings.data))
        judged = {"embedding": _judge(embedder, training, rows)}
        if with_baseline:
            judged["baseline"] = report(rows, _baseline(training, rows), {label for _, label in training})
    except (DataError, EmbeddingError) as error:
        raise click.ClickException(str(error)) from error
    seen = len({text for text, _ in training} & {text for text, _ in rows})
    if as_json:
        click.echo(json.dumps(_as_json(judged, embedder, training, seen, shots, seed)))
        return
    _show(judged, training, seen)


def _judge(embedder: Embedder, training: list[Labelled], rows: list[Labelled]) -> Report:
    recogniser = Recogniser.fit(training, embedder)
    vectors = embedder.encode([normalised(text) for text, _ in rows])
    return report(rows, guesses(recogniser.recognise_all(vectors)), recogniser.intents)


def _baseline(training: list[Labelled], rows: list[Labelled]) -> list[Guess]:
    try:
        return baseline(training, rows)
    except ImportError as error:
        raise click.ClickException("--baseline needs scikit-learn: pip install scikit-learn") from error


def _as_json(
    judged: dict[str, Report],
    embedder: Embedder,
    training: list[Labelled],
    seen: int,
    shots: int | None,
    seed: int,
) -> dict[str, Any]:
    return judged["embedding"].as_json() | {
        "model": embedder.name,
        "model_version": embedder.version,
        "trained_on": len(training),
        "seen_in_training": seen,
        "shots": shots,
        "seed": seed,
        "baseline": judged["baseline"].as_json() if "baseline" in judged else None,
    }


def _show(judged: dict[str, Report], training: list[Labelled], seen: int) -> None:
    ours = judged["embedding"]
    click.echo(
        f"{ours.utterances} utterances, {ours.strangers} of them none of {ours.intents} intents; "
        f"fitted on {len(training)} examples" + (f"; {seen} utterances are also examples" if seen else "")
    )
    click.echo(f"{'':32}" + "".join(f"{name:>12}" for name in judged))
    for title, field in (
        ("accuracy (best intent)", "accuracy"),
        ("macro-F1", "macro_f1"),
        ('AUROC of "none of these"', "none_auroc"),
        ('not called "other"', "kept"),
        ("strangers turned away", "turned_away"),
        ("right decisions of all", "right_decisions"),
    ):
        values = [getattr(one, field) for one in judged.values()]
        click.echo(
            f"{title:32}"
            + "".join(f"{'-' if value is None else format(value, '.3f'):>12}" for value in values)
        )
    if ours.confusions:
        click.echo("\nconfusions (label → decision)")
    for wanted, decided, count in ours.confusions[:_SHOWN]:
        click.echo(f"{count:5}  {wanted} → {decided}")
    if len(ours.confusions) > _SHOWN:
        click.echo(f"       and {len(ours.confusions) - _SHOWN} more pairs: --json has them all")
