"""A passphrase made for a share: easy to say over the telephone and to type, and too many to try.

Six made-up words of consonant, vowel, consonant, vowel: 16 and 4 of each that no ear confuses, so 12 bits a
word and 72 in all, behind scrypt. It is drawn from the system's own randomness.
"""

import secrets

CONSONANTS = "bdfghjklmnprstvz"
VOWELS = "aiou"
WORDS = 6
PATTERN = (CONSONANTS, VOWELS, CONSONANTS, VOWELS)


def made_passphrase() -> str:
    """Another one each time: bado-fizu-…"""
    words = ("".join(map(secrets.choice, PATTERN)) for _ in range(WORDS))
    return "-".join(words)
