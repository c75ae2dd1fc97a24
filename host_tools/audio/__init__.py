"""Sound out of a recording: written to a file that somebody asked for, or drawn as a picture."""
