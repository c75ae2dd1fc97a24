"""Requests made for the tests, in the places of the firmware's own; `service` and `log` are left out."""
