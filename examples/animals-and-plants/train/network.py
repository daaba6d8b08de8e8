"""The network and its training, in JAX.

Three convolutions of stride 2 and one dense layer, about 16 thousand weights. Tensors are laid out
as ONNX has them (images NCHW, convolutions OIHW, the dense layer out x in), so nothing is turned
around on export.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax

# Kernel side and output channels of each convolution; the input has the three channels of RGB.
CONVOLUTIONS = ((5, 16), (3, 24), (3, 32))
STRIDE = 2
FEATURES = 32 * 4 * 4  # 32 channels of what three halvings leave of 32x32
PIXEL_SCALE = 1 / 255

BATCH = 128
EPOCHS = 20
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 1e-3

Layer = dict[str, jax.Array]
Params = list[Layer]


def scores(params: Params, images: jax.Array) -> jax.Array:
    """The probability of each class, [N, classes], for images [N, 3, 32, 32] of 0..255."""
    return jax.nn.softmax(_logits(params, images))


@jax.jit
def predict(params: Params, images: jax.Array) -> jax.Array:
    """The index of the likeliest class of each image, [N]."""
    return jnp.argmax(_logits(params, images), axis=-1)


def accuracy(params: Params, images: np.ndarray, classes: np.ndarray) -> float:
    """The share of images that params put into their right class."""
    batches = np.array_split(images, -(-len(images) // 1000))
    found = np.concatenate([predict(params, batch) for batch in batches])
    return float(np.mean(found == classes))


def train(images: np.ndarray, classes: np.ndarray, seed: int) -> Params:
    """Trains a network on images, uint8 [N, 3, 32, 32], and the index of the class of each."""
    rng = np.random.default_rng(seed)
    params = _initial(int(classes.max()) + 1, rng)
    steps = len(images) // BATCH * EPOCHS
    rate = optax.warmup_cosine_decay_schedule(0, LEARNING_RATE, steps // 20, steps)
    optimizer = optax.adamw(rate, weight_decay=WEIGHT_DECAY)
    state = optimizer.init(params)
    for _ in range(EPOCHS):
        for batch in _batches(len(images), rng):
            params, state = _step(optimizer, params, state, images[batch], classes[batch])
    return params


def _initial(classes: int, rng: np.random.Generator) -> Params:
    params, channels = [], 3
    for side, out in CONVOLUTIONS:
        params.append(_layer((out, channels, side, side), rng))
        channels = out
    return [*params, _layer((classes, FEATURES), rng)]


def _layer(shape: tuple[int, ...], rng: np.random.Generator) -> Layer:
    """He's initialisation: variance 2 over the number of inputs."""
    spread = np.sqrt(2 / np.prod(shape[1:]))
    weight = rng.normal(0, spread, shape)
    return {"weight": jnp.asarray(weight, jnp.float32), "bias": jnp.zeros(shape[0])}


def _logits(params: Params, images: jax.Array) -> jax.Array:
    x = images.astype(jnp.float32) * PIXEL_SCALE
    for layer in params[:-1]:
        x = jax.nn.relu(_convolve(x, layer))
    return x.reshape(len(x), -1) @ params[-1]["weight"].T + params[-1]["bias"]


def _convolve(x: jax.Array, layer: Layer) -> jax.Array:
    pad = layer["weight"].shape[-1] // 2
    y = jax.lax.conv_general_dilated(
        x, layer["weight"], (STRIDE, STRIDE), [(pad, pad), (pad, pad)]
    )
    return y + layer["bias"][:, None, None]


def _loss(params: Params, images: jax.Array, classes: jax.Array) -> jax.Array:
    logits = _logits(params, images)
    return optax.softmax_cross_entropy_with_integer_labels(logits, classes).mean()


@partial(jax.jit, static_argnums=0)
def _step(
    optimizer: optax.GradientTransformation,
    params: Params,
    state: optax.OptState,
    images: jax.Array,
    classes: jax.Array,
) -> tuple[Params, optax.OptState]:
    gradient = jax.grad(_loss)(params, images, classes)
    updates, state = optimizer.update(gradient, state, params)
    return optax.apply_updates(params, updates), state


def _batches(count: int, rng: np.random.Generator) -> np.ndarray:
    """Deals the indices below count into shuffled batches, [batches, BATCH]; a rest sits out."""
    order = rng.permutation(count)
    return order[: count // BATCH * BATCH].reshape(-1, BATCH)
