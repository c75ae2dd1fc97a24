"""Instructions of the Xtensa processor, taken from bytes: those that mpy-cross writes for viper, no others.

After the Xtensa Instruction Set Architecture Reference Manual, little-endian: 24 bits, or 16 where the lowest
four are 8 to 13. Fields are named as there.
"""

from dataclasses import dataclass

LOADS = {0: ("l8ui", 1), 1: ("l16ui", 2), 2: ("l32i", 4)}
STORES = {4: ("s8i", 1), 5: ("s16i", 2), 6: ("s32i", 4)}
# Conditions of branches on two registers, by the field r.
CONDITIONS = {1: "beq", 2: "blt", 3: "bltu", 9: "bne", 10: "bge", 11: "bgeu"}
# op0 = 0: by op1 and op2.
THREE_REGISTERS = {
    (0, 1): "and",
    (0, 2): "or",
    (0, 3): "xor",
    (0, 8): "add",
    (0, 9): "addx2",
    (0, 10): "addx4",
    (0, 12): "sub",
    (2, 8): "mull",
}


class UnknownInstruction(Exception):
    """Not an instruction that mpy-cross writes for viper functions."""


@dataclass(frozen=True)
class Instruction:
    """One instruction: what it does, its registers and number, where it stands, and how long it is.

    a: the register that is written, or stored, or compared first; b and c: those read. number: an immediate
    value, in bytes where it is an offset, or the address that a jump goes to.
    """

    name: str
    at: int
    size: int
    a: int = 0
    b: int = 0
    c: int = 0
    number: int = 0

    @property
    def following(self) -> int:
        """The address after it."""
        return self.at + self.size

    @property
    def jumps(self) -> bool:
        """Whether `number` is an address to go on at."""
        return self.name == "j" or self.name in CONDITIONS.values() or self.name in ("beqz", "bnez")


def decode(code: bytes, at: int) -> Instruction:
    """The instruction at that place. Raises UnknownInstruction."""
    word = int.from_bytes(code[at : at + 3], "little")
    op0, t, s, r = (word >> shift & 15 for shift in (0, 4, 8, 12))
    found = None
    if op0 >= 8:
        found = _short(at, op0, t, s, r)
    elif op0 == 0:
        found = _registers(at, word >> 16 & 15, word >> 20, t, s, r)
    elif op0 == 1:
        found = Instruction("l32r", at, 3, a=t, number=((at + 3) & ~3) + (_signed(word >> 8, 16) << 2))
    elif op0 == 2:
        found = _immediate(at, t, s, r, word >> 16)
    elif op0 == 6:
        found = _jump(at, word)
    elif op0 == 7 and r in CONDITIONS:
        found = Instruction(CONDITIONS[r], at, 3, a=s, b=t, number=at + 4 + _signed(word >> 16, 8))
    if found is None or len(code) < found.following:
        raise UnknownInstruction(f"{code[at : at + 3].hex()} at {at:#x}")
    return found


def _signed(value: int, bits: int) -> int:
    value &= (1 << bits) - 1
    return value - (value >> bits - 1 << bits)


def _short(at: int, op0: int, t: int, s: int, r: int) -> Instruction | None:
    if op0 == 8:
        return Instruction("l32i", at, 2, a=t, b=s, number=4 * r)
    if op0 == 9:
        return Instruction("s32i", at, 2, a=t, b=s, number=4 * r)
    if op0 == 10:
        return Instruction("add", at, 2, a=r, b=s, c=t)
    if op0 == 12 and t < 8:
        number = (t & 7) << 4 | r
        return Instruction("movi", at, 2, a=s, number=number - 128 if number > 95 else number)
    if op0 == 13 and r == 0:
        return Instruction("mov", at, 2, a=t, b=s)
    if op0 == 13 and (r, s, t) == (15, 0, 1):
        return Instruction("retw", at, 2)
    return None


def _registers(at: int, op1: int, op2: int, t: int, s: int, r: int) -> Instruction | None:
    if (op1, op2) in THREE_REGISTERS:
        return Instruction(THREE_REGISTERS[op1, op2], at, 3, a=r, b=s, c=t)
    if (op1, op2, s) == (0, 6, 0):
        return Instruction("neg", at, 3, a=r, b=t)
    if (op1, op2, t) == (0, 4, 0) and r < 2:
        return Instruction("ssl" if r else "ssr", at, 3, b=s)
    if (op1, op2, t) == (1, 10, 0):
        return Instruction("sll", at, 3, a=r, b=s)
    if op1 == 1 and op2 in (9, 11) and s == 0:
        return Instruction("srl" if op2 == 9 else "sra", at, 3, a=r, b=t)
    if (op1, op2, r, t) == (0, 0, 0, 14):
        return Instruction("callx8", at, 3, b=s)
    return None


def _immediate(at: int, t: int, s: int, r: int, number: int) -> Instruction | None:
    if r in LOADS or r in STORES:
        name, scale = (LOADS | STORES)[r]
        return Instruction(name, at, 3, a=t, b=s, number=number * scale)
    if r == 10:
        return Instruction("movi", at, 3, a=t, number=_signed(s << 8 | number, 12))
    if r == 12:
        return Instruction("addi", at, 3, a=t, b=s, number=_signed(number, 8))
    return None


def _jump(at: int, word: int) -> Instruction | None:
    kind, register = word >> 4 & 15, word >> 8 & 15
    if kind & 3 == 0:
        return Instruction("j", at, 3, number=at + 4 + _signed(word >> 6, 18))
    if kind in (1, 5):
        name = "beqz" if kind == 1 else "bnez"
        return Instruction(name, at, 3, a=register, number=at + 4 + _signed(word >> 12, 12))
    if kind == 3:
        return Instruction("entry", at, 3, a=register, number=(word >> 12) * 8)
    return None
