"""Trains the three networks of this example and writes all that is served and sent.

A picture shows an animal or a plant. The network `high-level` tells which, `animal-classifier` says
which animal and `plant-classifier` which plant. The pictures are emoji of Noto Color Emoji (SIL Open
Font License 1.1), drawn in many colours, angles, sizes and places on many backgrounds.

To repeat, on Debian 12 with Python 3.11 or newer, from this folder:

    apt-get update && apt-get install -y fonts-noto-color-emoji
    python3 -m venv /tmp/train-venv
    /tmp/train-venv/bin/pip install -r requirements.txt
    /tmp/train-venv/bin/python train.py

It takes four to seven minutes on two cores and writes, beside this folder:

    models/<model>/          a model of Triton's repository: 1/model.onnx, config.pbtxt, labels.txt
    pictures/<label>.png     one picture per label, of none of the drawings trained on
    dog.json                 an Open Inference Protocol v2 request that carries pictures/dog.png
    train/accuracy.json      how often each network is right on drawings it was not trained on

All is drawn from fixed seeds. Another machine's floating point may change the last digits of the
weights, and with them which pictures are chosen. The script fails if a network is right less than
95 % of the time or if ONNX Runtime and JAX disagree.
"""

import base64
import io
import json
import multiprocessing
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import NamedTuple

import jax
import numpy as np
from PIL import Image

import drawing
import export
import network
from labels import ANIMALS, EMOJI, KINDS, PLANTS, kind_of

EXAMPLE = Path(__file__).resolve().parent.parent

TRAIN_SEED, HELD_OUT_SEED, PICTURE_SEED = 1, 2, 3
TRAIN_COUNT, HELD_OUT_COUNT = 3000, 500  # drawings per label

MIN_ACCURACY = 0.95
MAX_DIFFERENCE = 1e-4
MAX_MODELS_BYTES = 2_000_000

PICTURE_SIZE = (128, 128)
PICTURE_CONFIDENCE = 0.95
PICTURE_MAX_BYTES = 24_000
PICTURE_TRIES = 1000

# The drawings of each label, uint8 [N, 3, 32, 32].
Drawings = dict[str, np.ndarray]


class Task(NamedTuple):
    """What one model tells apart: per class, the labels of the drawings that belong to it."""

    model: str
    classes: dict[str, list[str]]


class Classifier(NamedTuple):
    """A written model with its classes in the order of its scores."""

    path: Path
    classes: list[str]

    def confidence(self, label: str, images: np.ndarray) -> np.ndarray:
        """The score of label for each image."""
        return export.run(self.path, images)[:, self.classes.index(label)]


TASKS = (
    Task("high-level", {kind: list(members) for kind, members in KINDS.items()}),
    Task("animal-classifier", {label: [label] for label in ANIMALS}),
    Task("plant-classifier", {label: [label] for label in PLANTS}),
)


def main() -> None:
    start = monotonic()
    training, held_out = draw_all(TRAIN_SEED, TRAIN_COUNT), draw_all(HELD_OUT_SEED, HELD_OUT_COUNT)
    print(f"drew {len(EMOJI)} x {TRAIN_COUNT + HELD_OUT_COUNT} in {monotonic() - start:.0f} s")
    classifiers, report = {}, {}
    for task in TASKS:
        classifiers[task.model], report[task.model] = build(task, training, held_out)
    check_size(classifier.path for classifier in classifiers.values())
    write_json(EXAMPLE / "train" / "accuracy.json", report, indent=2)
    for label in EMOJI:
        write_picture(label, classifiers)
    write_json(EXAMPLE / "dog.json", infer_request("dog"))
    print(f"done in {monotonic() - start:.0f} s")


def draw_all(seed: int, count: int) -> Drawings:
    """Draws count pictures of every label, on all cores."""
    glyphs = drawing.load_glyphs(EMOJI)
    seeds = [[seed, i] for i in range(len(glyphs))]
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        drawn = pool.map(drawing.draw_many, glyphs.values(), [count] * len(glyphs), seeds)
        return dict(zip(glyphs, drawn))


def build(task: Task, training: Drawings, held_out: Drawings) -> tuple[Classifier, dict]:
    """Trains, measures and writes one model; returns it and its line of the report."""
    start = monotonic()
    params = network.train(*dataset(task, training), seed=TRAIN_SEED)
    images, classes = dataset(task, held_out)
    accuracy = network.accuracy(params, images, classes)
    folder = EXAMPLE / "models" / task.model
    path = export.write_model(folder, list(task.classes), params)
    difference = float(np.max(np.abs(export.run(path, images) - network.scores(params, images))))
    print(
        f"{task.model}: {accuracy:.2%} of {len(images)} held-out drawings right, "
        f"ONNX Runtime within {difference:.1e} of JAX, {path.stat().st_size} bytes, "
        f"{monotonic() - start:.0f} s"
    )
    if accuracy < MIN_ACCURACY:
        raise SystemExit(f"{task.model}: accuracy {accuracy:.2%} is below {MIN_ACCURACY:.0%}")
    if difference >= MAX_DIFFERENCE:
        raise SystemExit(f"{task.model}: ONNX Runtime differs from JAX by {difference}")
    report = {
        "held_out_accuracy": round(accuracy, 4),
        "held_out_drawings": len(images),
        "weights": sum(leaf.size for leaf in jax.tree.leaves(params)),
    }
    return Classifier(path, list(task.classes)), report


def dataset(task: Task, drawings: Drawings) -> tuple[np.ndarray, np.ndarray]:
    """The drawings that task is about, and the index of the class of each."""
    images, classes = [], []
    for index, labels in enumerate(task.classes.values()):
        for label in labels:
            images.append(drawings[label])
            classes.append(np.full(len(drawings[label]), index))
    return np.concatenate(images), np.concatenate(classes)


def check_size(paths: Iterable[Path]) -> None:
    total = sum(path.stat().st_size for path in paths)
    if total > MAX_MODELS_BYTES:
        raise SystemExit(f"models: {total} bytes together, more than {MAX_MODELS_BYTES}")


def write_picture(label: str, classifiers: dict[str, Classifier]) -> None:
    """Writes the first new drawing of label that is small and that its two models are sure of."""
    kind = kind_of(label)
    judges = (
        (classifiers["high-level"], kind),
        (classifiers[f"{kind}-classifier"], label),
    )
    glyph = drawing.load_glyphs({label: EMOJI[label]})[label]
    seed = [PICTURE_SEED, list(EMOJI).index(label)]
    drawings = drawing.draw_forever(glyph, PICTURE_SIZE, seed)
    for picture in islice(drawings, PICTURE_TRIES):
        data = png(picture)
        confidence = sureness(picture, judges)
        if len(data) <= PICTURE_MAX_BYTES and confidence > PICTURE_CONFIDENCE:
            path = EXAMPLE / "pictures" / f"{label}.png"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
            print(f"{path.name}: {len(data)} bytes, confidence at least {confidence:.3f}")
            return
    raise SystemExit(f"pictures: none of {PICTURE_TRIES} drawings of {label} is good enough")


def sureness(picture: Image.Image, judges: Iterable[tuple[Classifier, str]]) -> float:
    """The least confidence of the judges in their right answers, however picture is shrunk."""
    images = np.stack([drawing.shrink(picture, each) for each in drawing.FILTERS])
    return min(float(judge.confidence(right, images).min()) for judge, right in judges)


def png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def infer_request(label: str) -> dict:
    """The Open Inference Protocol v2 request for the picture of label."""
    data = (EXAMPLE / "pictures" / f"{label}.png").read_bytes()
    image = {
        "name": export.INPUT,
        "datatype": "BYTES",
        "shape": [1, 1],
        "data": [base64.b64encode(data).decode()],
    }
    return {"id": label, "inputs": [image]}


def write_json(path: Path, value: dict, indent: int | None = None) -> None:
    separators = None if indent else (",", ":")
    path.write_text(json.dumps(value, indent=indent, separators=separators) + "\n")


if __name__ == "__main__":
    main()
