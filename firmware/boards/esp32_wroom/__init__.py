"""The board esp32_wroom."""
