"""Makes Python of machine code: a function for each block, from where a jump led to the next jump.

That is many times as quick as taking instruction after instruction. Registers are the list `R` of 32-bit
values; `S` holds what the next shift goes by. Each function returns the address to go on at, in the code.
"""

from types import CodeType

from .decode import Instruction, decode

RETURNED = -1
_LOAD = {"l8ui": 1, "l16ui": 2, "l32i": 4}
_STORE = {"s8i": 1, "s16i": 2, "s32i": 4}
_COMPARED = {
    "beq": "R[{a}] == R[{b}]",
    "bne": "R[{a}] != R[{b}]",
    "bltu": "R[{a}] < R[{b}]",
    "bgeu": "R[{a}] >= R[{b}]",
    "blt": "R[{a}] ^ 0x80000000 < R[{b}] ^ 0x80000000",
    "bge": "R[{a}] ^ 0x80000000 >= R[{b}] ^ 0x80000000",
    "beqz": "R[{a}] == 0",
    "bnez": "R[{a}] != 0",
}
_VALUES = {
    "and": "R[{b}] & R[{c}]",
    "or": "R[{b}] | R[{c}]",
    "xor": "R[{b}] ^ R[{c}]",
    "add": "R[{b}] + R[{c}] & M",
    "addx2": "R[{b}] * 2 + R[{c}] & M",
    "addx4": "R[{b}] * 4 + R[{c}] & M",
    "sub": "R[{b}] - R[{c}] & M",
    "mull": "R[{b}] * R[{c}] & M",
    "neg": "-R[{b}] & M",
    "addi": "R[{b}] + {number} & M",
    "movi": "{number} & M",
    "mov": "R[{b}]",
    # The shift register counts to the right: `ssl` puts 32 less the distance there (5 and 6 bits).
    "sll": "R[{b}] << 32 - S[0] & M",
    "srl": "R[{b}] >> S[0]",
    "sra": "(R[{b}] ^ 0x80000000) - 0x80000000 >> S[0] & M",
}
_OTHERS = {
    "entry": "R[{a}] = R[{a}] - {number} & M",
    "ssl": "S[0] = 32 - (R[{b}] & 31)",
    "ssr": "S[0] = R[{b}] & 31",
    "callx8": "call(R[{b}])",
}

NAME = "block"


def translate(code: bytes, base: int, start: int) -> tuple[CodeType, int]:
    """The block of the function `code`, which lies at `base`, that begins at `start`; how long it is.

    The first is compiled Python that defines NAME. Raises UnknownInstruction.
    """
    block = [decode(code, start)]
    while not _ends(block[-1]):
        block.append(decode(code, block[-1].following))
    lines = [f"    {line}" for one in block for line in _python(one, base)]
    text = "\n".join([f"def {NAME}():", *lines])
    return compile(text, "machine code", "exec"), len(block)


def _ends(one: Instruction) -> bool:
    return one.jumps or one.name == "retw"


def _python(one: Instruction, base: int) -> list[str]:
    fields = {"a": one.a, "b": one.b, "c": one.c, "number": one.number}
    if one.name in _VALUES:
        return [f"R[{one.a}] = " + _VALUES[one.name].format(**fields)]
    if one.name in _LOAD:
        return [f"R[{one.a}] = load{_LOAD[one.name]}(R[{one.b}] + {one.number} & M)"]
    if one.name in _STORE:
        return [f"store{_STORE[one.name]}(R[{one.b}] + {one.number} & M, R[{one.a}])"]
    if one.name == "l32r":
        return [f"R[{one.a}] = load4({base + one.number})"]
    if one.name in _COMPARED:
        return [f"return {one.number} if {_COMPARED[one.name].format(**fields)} else {one.following}"]
    if one.name == "j":
        return [f"return {one.number}"]
    if one.name == "retw":
        return [f"return {RETURNED}"]
    return [_OTHERS[one.name].format(**fields)]
