"""Who may open the vault: each person has a passphrase and a key pair, and the master key is sealed to each.

The private half lies under the person's passphrase, the public half, with the name, under the master key.
So a new master key can be sealed to everybody while only one of them is there, and nobody can put a public
key of their own among them. Names lie in no file in clear.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from host_tools.errors import CloisterError
from host_tools.vault import person_keys
from host_tools.vault.database import Database
from host_tools.vault.shelf import Shelf
from host_tools.vault.stretching import Stretching
from host_tools.vault.wrapping import Wrapper, WrapRefused

LONGEST_NAME = 200
FIRST_NAME = "owner"


@dataclass(frozen=True)
class Person:
    """Somebody with a passphrase. `added` is a time in ISO form."""

    id: int
    name: str
    added: str


class PeopleShelf(Shelf):
    """The people of a vault. `person_id` is who opened it."""

    person_id = 0

    @property
    def person(self) -> Person:
        """Who opened the vault."""
        return next(person for person in self.people() if person.id == self.person_id)

    def people(self) -> list[Person]:
        """Everybody with a passphrase, in the order in which they were added."""
        return [Person(person_id, entry["name"], entry["added"]) for person_id, entry in self._people_rows()]

    def add_person(self, name: str, passphrase: str) -> Person:
        """Let somebody in, with a passphrase of their own. Raises CloisterError."""
        with self._database.transaction():
            name = self._checked_name(name)
            key = self._new_stretched_key(passphrase)
            added = datetime.now(UTC).isoformat(timespec="seconds")
            person_id = add_to_people(self._database, self._wrapper, (name, added), key, self._stretching)
        return Person(person_id, name, added)

    def rename_person(self, person_id: int, name: str) -> None:
        """Give somebody another name. Raises CloisterError."""
        with self._database.transaction():
            entry = self._person_entry(person_id)
            entry["name"] = self._checked_name(name)
            wrapped = self._wrap_json(entry, "person", person_id)
            self._database.change("UPDATE people SET wrapped_entry = ? WHERE id = ?", wrapped, person_id)

    def change_passphrase(self, passphrase: str) -> None:
        """Give whoever opened the vault another passphrase, and another key pair. Raises CloisterError."""
        with self._database.transaction():
            entry = self._person_entry(self.person_id)
            key = self._new_stretched_key(passphrase)
            private, public = person_keys.make_pair()
            entry["public"] = public.hex()
            self._database.change(
                "UPDATE people SET stretched_private_key = ?, sealed_master_key = ?, wrapped_entry = ? "
                "WHERE id = ?",
                Wrapper(key).wrap(private, *_place(self.person_id, self._stretching)),
                person_keys.seal(self._wrapper.key, public, self.person_id),
                self._wrap_json(entry, "person", self.person_id),
                self.person_id,
            )

    def _drop_person(self, person_id: int) -> None:
        """Take somebody's keys away, inside a transaction in which the master key is replaced."""
        self._person_entry(person_id)
        if len(self.people()) == 1:
            raise CloisterError("the last person cannot be removed: nobody could open the vault any more")
        self._database.change("DELETE FROM people WHERE id = ?", person_id)

    def _seal_to_people(self, master_key: bytes) -> None:
        """Seal another master key to everybody; their public keys are authentic under the old one."""
        sealed = [
            (person_keys.seal(master_key, bytes.fromhex(entry["public"]), person_id), person_id)
            for person_id, entry in self._people_rows()
        ]
        self._database.change_many("UPDATE people SET sealed_master_key = ? WHERE id = ?", sealed)

    def _people_rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        for person_id, wrapped in self._database.rows("SELECT id, wrapped_entry FROM people ORDER BY id"):
            yield person_id, self._unwrap_json(wrapped, "person", person_id)

    def _person_entry(self, person_id: int) -> dict[str, Any]:
        entry = next((entry for known, entry in self._people_rows() if known == person_id), None)
        if entry is None:
            raise CloisterError(f"there is no person {person_id}", "cloister people shows them")
        return entry

    def _checked_name(self, name: str) -> str:
        """The name as it is kept. Raises CloisterError if it cannot be one, or is somebody's already."""
        name = plain_name(name)
        if any(person.name.casefold() == name.casefold() for person in self.people()):
            raise CloisterError(f"there is a person called {name} already")
        return name

    def _new_stretched_key(self, passphrase: str) -> bytes:
        """The key of a new passphrase. Raises CloisterError if it is one already."""
        key = self._stretching.key(passphrase)
        if find_person(self._database, self._stretching, key) is not None:
            raise CloisterError("that passphrase is in use already: each person needs one of their own")
        return key

    @property
    def _stretching(self) -> Stretching:
        return Stretching.read(self._database, "stretching", str(self.folder))


def plain_name(name: str) -> str:
    """The name without needless spaces. Raises CloisterError if it cannot be one."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise CloisterError(f"a name has 1 to {LONGEST_NAME} characters that can be printed")
    if name.isdecimal():
        raise CloisterError(f"{name} would be taken for somebody's number: a name has letters")
    return name


def add_to_people(
    database: Database, wrapper: Wrapper, named: tuple[str, str], key: bytes, stretching: Stretching
) -> int:
    """Enter a person (name, since when) under a stretched passphrase; their number."""
    private, public = person_keys.make_pair()
    person_id = database.change("INSERT INTO people VALUES (NULL, x'', x'', x'')")
    entry = {"name": named[0], "added": named[1], "public": public.hex()}
    database.change(
        "UPDATE people SET stretched_private_key = ?, sealed_master_key = ?, wrapped_entry = ? WHERE id = ?",
        Wrapper(key).wrap(private, *_place(person_id, stretching)),
        person_keys.seal(wrapper.key, public, person_id),
        wrapper.wrap_json(entry, "person", person_id),
        person_id,
    )
    return person_id


def find_person(database: Database, stretching: Stretching, key: bytes) -> tuple[int, bytes] | None:
    """Whose passphrase it is, and the master key that is sealed to them; None if it is nobody's."""
    wrapper = Wrapper(key)
    for person_id, private, sealed in database.rows(
        "SELECT id, stretched_private_key, sealed_master_key FROM people ORDER BY id"
    ):
        try:
            pair = wrapper.unwrap(private, *_place(person_id, stretching))
            return person_id, person_keys.unseal(sealed, pair, person_id)
        except WrapRefused:
            continue
    return None


def _place(person_id: int, stretching: Stretching) -> tuple[str | int, ...]:
    """What a person's private key is bound to."""
    return ("person key", person_id, *stretching.place)
