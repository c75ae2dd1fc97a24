"""Overlays: modules seldom wanted, loaded when they are and forgotten afterwards, for the heap is small.

A forgotten module is loaded anew the next time, and knows nothing of before. What was taken out of one and is
still held keeps its memory. An overlay has no native code: the board never gives that back.
"""

import gc
import sys


def fetch(name):
    """Return a module of the recorder's, named in full, loaded if it is not there; may raise ImportError."""
    __import__("recorder." + name[len("recorder.") :])
    return sys.modules[name]


def forget(*names):
    """Forget modules, named in full, and collect what they leave; one that is not there is fine."""
    for name in names:
        sys.modules.pop(name, None)
        package, _, leaf = name.rpartition(".")
        package = sys.modules.get(package)
        if hasattr(package, leaf):
            delattr(package, leaf)
    gc.collect()
