"""The board esp32_wrover."""
