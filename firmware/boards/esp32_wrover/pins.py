"""ESP32-WROVER: 8 MB of PSRAM, USB by a UART bridge; GPIO 16 and 17 belong to the PSRAM.

The card is on SPI (slot 2): SDMMC's fixed pins 2 and 15 are strapping pins, and a card's pull-up on
pin 2 can keep the board from being flashed (ESP32 datasheet, section 2.4). Untested on a real board.
"""

from micropython import const

HAS_PSRAM = True
AUDIO_BUFFER_BYTES = const(24_576)
DMA_BYTES = const(81_920)

BUTTON_1 = const(32)
BUTTON_2 = const(33)
LIGHT_RED = const(25)  # the microphone's supply switch: high lights the red light
LIGHT_GREEN = const(26)
LIGHT_SENSE = const(36)  # input only; high while current flows through the red light

MIC_SCK = const(27)
MIC_WS = const(22)
MIC_SD = const(35)  # input only
MIC_STARTUP_FRAMES = const(4096)  # INMP441 datasheet: the first 2**18 clocks are invalid, 64 clocks a frame

SD = {"slot": 2, "sck": 18, "mosi": 23, "miso": 19, "cs": 5, "freq": 20_000_000}

BATTERY_ADC = const(34)  # ADC1, input only
BATTERY_RATIO = const(2)  # two equal resistors

RTC_SDA = const(21)
RTC_SCL = const(4)

# DPORT_WIFI_CLK_EN_REG, and in it the bits of Wi-Fi (0x406) and Bluetooth (0x30800): ESP-IDF's
# soc/dport_reg.h. Bit 15, the random generator's, is not among them.
RADIO_CLOCK = (0x3FF000CC, 0x00030C06)
