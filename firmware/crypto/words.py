"""Byte and word loops over buffers, in viper: XOR, counter blocks, copying, zeroing.

Nothing here allocates, so all of it works with the heap locked. Nothing here checks bounds either,
and viper would write through a `bytes` object: callers pass their own bytearrays and their own sizes.
Word arguments must start on a multiple of four bytes, as every bytearray does; hence offsets, not slices.
Results are the same for 32-bit and 64-bit viper integers; the tests hold plain versions against them.
"""

import micropython


# Viper against plain Python, on the 32-bit unix interpreter: 4064 bytes in 2.7 µs instead of 452. On the
# emulated board 4096 bytes take 0.18 ms.
@micropython.viper
def xor_words(target: ptr32, target_word: int, source: ptr32, source_word: int, count_words: int):
    """XOR `count_words` 32-bit words of `source` into `target`, each from its own word offset."""
    i = 0
    while i < count_words:
        target[target_word + i] = target[target_word + i] ^ source[source_word + i]
        i += 1


# The same comparison: 254 blocks in 1.6 µs instead of 164. On the emulated board 0.07 ms.
@micropython.viper
def counter_blocks(blocks: ptr8, initial: ptr8, count_blocks: int):
    """Fill `blocks` with `count_blocks` counter blocks of 16 bytes, the first equal to `initial`.

    The last four bytes count, big-endian and modulo 2**32 (inc32 of SP 800-38D, section 6.2).
    """
    words = ptr32(blocks)
    first = ptr32(initial)
    counter = (initial[12] << 24) | (initial[13] << 16) | (initial[14] << 8) | initial[15]
    at = 0
    end = count_blocks * 16
    while at < end:
        word = at >> 2
        words[word] = first[0]
        words[word + 1] = first[1]
        words[word + 2] = first[2]
        blocks[at + 12] = counter >> 24
        blocks[at + 13] = counter >> 16
        blocks[at + 14] = counter >> 8
        blocks[at + 15] = counter
        counter += 1
        at += 16


# The same comparison: a tag of 32 bytes in 0.5 µs instead of 2.1.
@micropython.viper
def copy_bytes(target: ptr8, target_byte: int, source: ptr8, count_bytes: int):
    """Copy `count_bytes` from the start of `source` to `target` at `target_byte`.

    A slice assignment would allocate a slice object; this does not.
    """
    i = 0
    while i < count_bytes:
        target[target_byte + i] = source[i]
        i += 1


# The same comparison: 4096 bytes in 2.6 µs instead of 172.
@micropython.viper
def zero_bytes(target: ptr8, first_byte: int, count_bytes: int):
    """Set `count_bytes` of `target`, from `first_byte` on, to zero."""
    i = first_byte
    end = first_byte + count_bytes
    while i < end:
        target[i] = 0
        i += 1


def wipe(buffer):
    """Set a whole bytearray to zero, without allocating. For keys and what they protected."""
    zero_bytes(buffer, 0, len(buffer))
