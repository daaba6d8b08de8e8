"""What the networks tell apart: every label, with the emoji that is drawn for it."""

ANIMALS: dict[str, str] = {
    "butterfly": "🦋",
    "cat": "🐱",
    "dog": "🐶",
    "elephant": "🐘",
    "fish": "🐠",
    "frog": "🐸",
    "octopus": "🐙",
    "penguin": "🐧",
}

PLANTS: dict[str, str] = {
    "cactus": "🌵",
    "clover": "🍀",
    "fir": "🌲",
    "maple": "🍁",
    "palm": "🌴",
    "rose": "🌹",
    "sunflower": "🌻",
    "tulip": "🌷",
}

KINDS: dict[str, dict[str, str]] = {"animal": ANIMALS, "plant": PLANTS}
EMOJI: dict[str, str] = ANIMALS | PLANTS


def kind_of(label: str) -> str:
    """The kind, "animal" or "plant", that label belongs to."""
    return next(kind for kind, members in KINDS.items() if label in members)
