"""Pages for people: consent forms and certificates, as HTML and as PDF.

A page is made of plain texts (`page.py`), and `write_page` writes it in the format that the file's name says.
"""

from host_tools.documents.page import Page
from host_tools.documents.write import check_ending, write_page

__all__ = ["Page", "check_ending", "write_page"]
