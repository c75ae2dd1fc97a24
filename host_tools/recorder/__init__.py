"""The laptop's side of PROTOCOL.md: the serial port, the console's lines, and what provisioning takes."""
