"""The laptop's side of docs/protocol.md: serial port, console lines, and what provisioning takes."""
