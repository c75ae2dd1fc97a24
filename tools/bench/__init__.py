"""What the firmware costs, in numbers that come out the same each time: instructions and bytes, no times."""
