"""PCMU that sounds enough like a voice for pitch and pause detectors: harmonics with a syllable's rhythm."""

from functools import lru_cache

import numpy as np

RATE = 8000
FRAME = 160
SILENCE = b"\xff" * FRAME


def mulaw(samples: np.ndarray) -> bytes:
    """G.711 µ-law of 16-bit samples."""
    clipped = np.clip(np.abs(samples.astype(np.int32)), 0, 32635) + 132
    exponent = np.floor(np.log2(clipped)).astype(np.int32) - 7
    mantissa = (clipped >> (exponent + 3)) & 0x0F
    sign = np.where(samples < 0, 0x80, 0)
    return (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8).tobytes()


@lru_cache(maxsize=256)
def voice_frames(hertz: int) -> tuple[bytes, ...]:
    """One second of a voice at that pitch in frames of 20 ms."""
    time = np.arange(RATE) / RATE
    glide = hertz * (1 + 0.06 * np.sin(2 * np.pi * 1.0 * time))
    phase = 2 * np.pi * np.cumsum(glide) / RATE
    harmonics = sum(np.sin(phase * number) / number for number in range(1, 9))
    syllables = 0.55 + 0.45 * np.sin(2 * np.pi * 4.0 * time)
    coded = mulaw((5000 * harmonics * syllables).astype(np.int16))
    return tuple(coded[start : start + FRAME] for start in range(0, RATE, FRAME))
