"""What pages say around their articles in seven more languages, as data: kind → wordings.

Spanish, French, German, Italian, Portuguese, Dutch and Chinese. Each is a regular expression, to
be matched without regard to case. Those of lines say what the whole of a line is, its stop aside:
a sentence of an article may begin with the same words.
"""

from types import MappingProxyType

_NETWORKS = (
    "(?:facebook|twitter|x|linkedin|whatsapp|pinterest|telegram|instagram|e-?mail|correo"
    "|redes sociales|réseaux sociaux|微信|微博|朋友圈)"
)

SHARE = (
    f"(?:compartir|comparte)(?: (?:este|el) (?:artículo|contenido)| en {_NETWORKS})?",
    f"(?:partager|partagez)(?: (?:cet article|cette page)| sur {_NETWORKS})?",
    "imprimer(?: (?:cet article|cette page))?",
    f"teilen(?: (?:auf|per|via) {_NETWORKS})?",
    "(?:(?:diesen|den) )?(?:artikel|beitrag) (?:teilen|drucken|empfehlen)",
    f"condividi(?: (?:questo articolo|l['’]articolo)| su {_NETWORKS})?",
    f"(?:com)?partilh(?:e|ar)(?: (?:este|o) (?:artigo|conteúdo)| (?:no|em|via) {_NETWORKS})?",
    f"(?:delen|deel)(?: (?:dit artikel|deze pagina)| (?:op|via) {_NETWORKS})?",
    f"(?:分享|转发)(?:(?:到|至)?{_NETWORKS}|本文|文章|到)?",
    "打印(?:本页|本文)?",
)  # fmt: skip

RELATED_TITLES = (
    "(?:artículos|contenidos?|noticias|temas) relacionad[oa]s?",
    "(?:también )?te puede interesar",
    "lo más leído",
    "articles (?:liés|connexes|similaires|associés)",
    "sur le même (?:sujet|thème)",
    "(?:à )?(?:lire|voir) (?:aussi|également)",
    "les plus lus",
    "(?:ähnliche|verwandte|weitere) (?:artikel|beiträge|themen)",
    "mehr zum thema",
    "das könnte (?:sie|dich) (?:auch )?interessieren",
    "meistgelesen",
    "articoli (?:correlati|simili)",
    "(?:ti )?(?:potrebbe|potrebbero) (?:anche )?interessar(?:e|ti)(?: anche)?",
    "leggi anche",
    "(?:artigos|matérias|notícias|conteúdos?) relacionad[oa]s?",
    "(?:leia|veja) (?:também|mais)",
    "gerelateerde (?:artikelen|berichten|onderwerpen)",
    "lees (?:ook|meer)",
    "meest gelezen",
    "(?:相关|推荐|延伸|热门)(?:文章|阅读|新闻|链接|推荐|内容)",
    "猜你喜欢",
)

RELATED_LABELS = (
    "(?:lee|lea|ver|te puede interesar) también",
    "te puede interesar",
    "(?:à )?(?:lire|voir) (?:aussi|également)",
    "siehe auch",
    "(?:leggi|vedi) anche",
    "(?:leia|veja) (?:também|mais)",
    "(?:lees|zie|bekijk) ook",
    "(?:相关|推荐|延伸)阅读(?=[:：].{0,40}$)",
)
"""What stands before the title of another article, with a colon."""

_USES_COOKIES = (
    "(?:este|nuestro|esta|nuestra) (?:sitio|web|página)(?: web)? (?:utiliza|usa)|utilizamos|usamos",
    "(?:ce|notre) site(?: web| internet)? utilise|nous utilisons",
    "(?:diese|unsere) (?:web)?(?:site|seite) (?:verwendet|(?:be)?nutzt)|wir (?:verwenden|nutzen)",
    "(?:questo|il nostro) sito(?: web)? (?:utilizza|usa)|utilizziamo|usiamo",
    "(?:este|o nosso|nosso) (?:site|sítio) (?:utiliza|usa)",
    "(?:deze|onze) (?:web)?site (?:gebruikt|maakt gebruik van)|(?:wij|we) gebruiken",
)
COOKIES = (
    rf"(?:{'|'.join(_USES_COOKIES)})\b.{{0,60}}\bcookies?\b",
    "(?:我们|本网站|本站)(?:会)?使用.{0,20}cookie[^。]{0,60}。?$",
)

_NEWSLETTER = "(?:newsletter|bolet[ií]n|lettre d['’]information|infolettre|boletim|nieuwsbrief)"
NEWSLETTER = (
    r"(?:suscr[ií](?:bete|base)|inscrivez-vous|abonnez-vous|recevez|abonnieren sie|iscriviti|assine"
    r"|melden sie sich|inscreva-se|subscreva|receba|schrijf je in|meld je aan|ontvang)\b.{0,60}"
    rf"\b{_NEWSLETTER}\b",
    r"newsletter (?:abonnieren|bestellen)\W*$",
    "订阅[^。]{0,10}(?:通讯|邮件|电子报|简报)[^。]{0,10}。?$",
)

PUBLISHED = (
    "publié(?:e|s)?(?: le)?", "date de publication", "veröffentlicht(?: am)?",
    "veröffentlichungsdatum", "erschienen am", "publicado(?: (?:el|em))?", "fecha de publicación",
    "pubblicato(?: il)?", "data di pubblicazione", "data de publicação", "gepubliceerd(?: op)?",
    "publicatiedatum",
)  # fmt: skip
MODIFIED = (
    "mise? à jour(?: le)?", "dernière mise à jour(?: le)?", "(?:zuletzt )?aktualisiert(?: am)?",
    "zuletzt geändert(?: am)?", "letzte (?:aktualisierung|änderung)", "actualizado(?: el)?",
    "última actualización", "aggiornato(?: il)?", "ultimo aggiornamento", "atualizado(?: em)?",
    "última atualização", "(?:laatst )?bijgewerkt(?: op)?", "stand:",
)  # fmt: skip
REVIEWED = (
    "relu(?:e)? (?:médicalement )?le", "(?:medizinisch )?(?:geprüft|überprüft) am",
    "revisado(?: médicamente)? (?:el|em)", "última revisi[óo]n", "última revisão",
    "ultima revisione", "revisionato il", "laatst (?:herzien|beoordeeld)(?: op)?",
)  # fmt: skip
CHINESE_DATES = MappingProxyType(
    {
        "published": "(?:发布|发表)(?:日期|时间|于)",
        "modified": "(?:最后)?更新(?:日期|时间|于)",
        "reviewed": "(?:审核|审阅)(?:日期|时间|于)",
    }
)
"""Chinese has no spaces between words, and so no ends of words to look for."""

WRITTEN_BY = (
    "écrit par", "rédigé par", "escrito por", "redactado por", "geschrieben von", "verfasst von",
    "scritto da", "a cura di", "geschreven door",
)  # fmt: skip
AUTHOR = ("autor(?:a|es|in|en)?", "auteure?s?", "autore", "autrice")
"""What stands before a name, with a colon."""
