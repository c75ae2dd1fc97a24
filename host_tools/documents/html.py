"""A page as HTML: one file that any browser shows and prints, without scripts and without anything fetched.

Every text is escaped; a content security policy forbids whatever would get past that. Any script of the
world prints, in the fonts that the computer has.
"""

from jinja2 import Environment, PackageLoader, StrictUndefined

from host_tools.documents.page import Page

TEMPLATE = "page.html"


def to_html(page: Page) -> str:
    """The whole document."""
    environment = Environment(
        loader=PackageLoader("host_tools.documents", ""), autoescape=True, undefined=StrictUndefined
    )
    blocks = [(type(block).__name__, block) for block in page.blocks]
    return environment.get_template(TEMPLATE).render(page=page, blocks=blocks)
