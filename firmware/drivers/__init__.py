"""The parts that touch the chip; nothing else imports `machine` or `vfs`."""
