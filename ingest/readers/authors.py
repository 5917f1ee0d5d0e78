"""Who a document says wrote it, without the names that programs and new computers put there."""

from ingest.readers.block_text import one_line

_NOBODY = frozenset(
    {
        "acer", "admin", "administrator", "adobe", "anonym", "anonymous", "apache poi", "apple",
        "asus", "auteur", "author", "autor", "benutzer", "canon", "compaq", "customer", "default",
        "default user", "dell", "fujitsu", "gast", "google docs", "guest", "hewlett-packard",
        "hp", "hp inc.", "hp user", "inconnu", "laptop", "lenovo", "libreoffice", "mac",
        "macbook", "microsoft", "microsoft account", "microsoft corporation", "microsoft office",
        "microsoft office user", "microsoft word", "n/a", "none", "notebook", "office user",
        "openoffice", "owner", "pc", "preferred customer", "python-docx", "registered user",
        "root", "samsung", "sony", "system", "test", "toshiba", "un-named", "unbekannt",
        "unknown", "unknown author", "user", "usuario", "utente", "utilisateur",
        "valued customer", "windows", "windows user", "xerox", "your name",
    }
)  # fmt: skip


def stated_authors(text: str) -> tuple[str, ...]:
    """Return the names in `text`, parted by semicolons, in order; not those that are nobody's."""
    names = map(one_line, text.split(";"))
    return tuple(name for name in names if name and name.casefold() not in _NOBODY)
