"""Cryptography of the recorder, on what the standard MicroPython image for the ESP32 has.

It needs SHA-256 (`hashlib`), AES in ECB mode (`cryptolib`), big integers and viper. It seals and
never opens: no decryption, no private key of a reader. It draws no random numbers: every
salt, nonce prefix and ephemeral comes from the caller. The same files run on the board, on unix
MicroPython of both word sizes, and on CPython for the tests.
"""
