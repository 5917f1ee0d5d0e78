"""The OpenSearch description: browsers can offer this service as a search engine."""

import xml.etree.ElementTree as ET
from pathlib import Path

from tests.service_fixtures import CAUSES, build, client, settings_in, write_corpus

NAMES = {"o": "http://a9.com/-/spec/opensearch/1.1/"}


def test_a_browser_can_ask_by_the_description(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus")
    build(settings_in(tmp_path))
    page = {"accept": "text/html"}
    with client(settings_in(tmp_path)) as web:
        home = web.get("/", headers=page).text
        assert (
            '<link rel="search" href="/opensearch.xml" '
            'type="application/opensearchdescription+xml" title="Pincite">' in home
        )
        given = web.get("/opensearch.xml", headers={"accept-language": "es"})
        media = "application/opensearchdescription+xml; charset=utf-8"
        assert given.headers["content-type"] == media
        root = ET.fromstring(given.content)
        assert root.findtext("o:ShortName", namespaces=NAMES) == "Pincite"
        assert root.findtext("o:Language", namespaces=NAMES) == "es"
        urls = {u.get("type"): u.get("template") or "" for u in root.findall("o:Url", NAMES)}
        template = urls["text/html"]
        assert template == "http://testserver/?q={searchTerms}"
        answer = web.get(template.replace("{searchTerms}", CAUSES), headers=page)
        assert answer.status_code == 200
        assert "<blockquote" in answer.text
        image = root.findtext("o:Image", namespaces=NAMES) or ""
        assert web.get(image).headers["content-type"] == "image/svg+xml"
        hostile = web.get("/opensearch.xml", headers={"host": 'a"><Url template="x'})
        if hostile.status_code == 200:
            root = ET.fromstring(hostile.content)
            assert len(root.findall("o:Url", NAMES)) == 2
