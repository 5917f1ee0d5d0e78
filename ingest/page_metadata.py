"""What a web page says about itself: so far its title."""

from lxml import etree

from ingest.document import Metadata


def page_metadata(tree: etree._Element) -> Metadata:
    """Return the title as the page's first main heading gives it."""
    h = [" ".join(" ".join(x.itertext()).split()) for x in tree.iter("h1")]
    h = [x for x in h if x]
    return Metadata(title=h[0] if h else None)
