"""The board that this firmware is installed on; `make firmware BOARD=…` writes the name here."""

NAME = "esp32_wroom"
