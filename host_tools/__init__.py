"""The laptop's side of Cloister: the `cloister` command and what it is made of."""
