"""SHA3-256, SHA3-512, SHAKE128 and SHAKE256 against NIST's vectors, on every interpreter.

CPython runs the viper code very slowly: it takes every twentieth of the short ones.
"""

import pytest

from tests.vectors.kem_vectors import RUNNER, TIMEOUT_S, check, on_cpython

# Folder and stem of the files, and the rate in bytes (FIPS 202, table 3; section 6.2).
FUNCTIONS = [
    ("SHA3", "SHA3_256", 136),
    ("SHA3", "SHA3_512", 72),
    ("SHAKE", "SHAKE128", 168),
    ("SHAKE", "SHAKE256", 136),
]
SHORT_HEX_DIGITS = 1000


@pytest.fixture(params=FUNCTIONS, ids=[stem for _, stem, _ in FUNCTIONS])
def vectors(request, read_vectors):
    """All vectors of one function but the iterated ones."""
    folder, stem, rate = request.param
    found = []
    for kind in ("ShortMsg", "LongMsg", *(["VariableOut"] if folder == "SHAKE" else [])):
        first = "COUNT" if kind == "VariableOut" else "Len"
        for vector in read_vectors(f"hashes/{folder}/{stem}{kind}.rsp", first):
            message = "" if vector.get("Len") == "0" else vector["Msg"]
            digest = vector["MD"] if folder == "SHA3" else vector["Output"]
            found.append([folder.lower(), rate, message, digest])
    return found


def test_nist_vectors_on_micropython(micropython, vectors, tmp_path):
    check(lambda cases: micropython.run(RUNNER, cases, timeout_s=TIMEOUT_S), vectors, tmp_path)


def test_nist_vectors_on_cpython(vectors, tmp_path):
    short = [vector for vector in vectors if len(vector[2]) + len(vector[3]) < SHORT_HEX_DIGITS]
    check(on_cpython, short[::20], tmp_path)
