"""The files at the root of the site, around its editions.

A page that leads to the front page, one for addresses that do not exist, and, where the
public address is known, what search engines ask for.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, urlsplit

from explainer.charts.theme import DARK, LIGHT
from explainer.exports import TITLE

FAVICON = Path(__file__).with_name("theme") / "static" / "favicon.svg"
# What a page says about itself, to be said again by a page that leads to it.
SAID = re.compile(
    r'<meta (?:name="(?:description|twitter:\w+)"|property="og:[\w:]+")[^>]*>'
)
ADDRESS = re.compile(r'<meta property="og:url" content="([^"]+)">')

# Folder of an edition: its language, and what the page for lost readers says in it.
LOST = {
    "en": ("en", "There is no page at this address.", "To the front page"),
    "zh-tw": ("zh-TW", "這個網址沒有頁面。", "回到首頁"),
    "zh-cn": ("zh-CN", "这个网址没有页面。", "回到首页"),
}
STYLE = (
    f":root{{color-scheme:light dark;--paper:{LIGHT['paper']};--ink:{LIGHT['ink']};"
    f"--line:{LIGHT['soft']};--accent:{LIGHT['subject']}}}"
    f"@media(prefers-color-scheme:dark){{:root{{--paper:{DARK['paper']};"
    f"--ink:{DARK['ink']};--line:{DARK['soft']};--accent:{DARK['subject']}}}}}"
    "body{margin:0 auto;max-width:38rem;padding:12vh 1.5rem 2rem;"
    "background:var(--paper);color:var(--ink);font:1.0625rem/1.6 system-ui,-apple-system,'Segoe UI',Roboto,"
    "'Noto Sans',sans-serif}"
    "h1{font-size:2.2rem;line-height:1.2;letter-spacing:-.02em;margin:1.6rem 0 1rem}"
    "svg{color:var(--accent)}a{color:inherit;text-underline-offset:.17em}"
    ".skip{position:absolute;left:.75rem;top:-6rem;padding:.6rem 1rem;"
    "background:var(--ink);color:var(--paper)}.skip:focus{top:0}"
    ":focus-visible{outline:2px solid var(--accent);outline-offset:2px}"
    "form{display:flex;margin:2rem 0 0;max-width:26rem}"
    "input,button{font:inherit;color:inherit;background:none;min-height:2.5rem;"
    "padding:.2rem .8rem;border:1px solid var(--line);border-radius:4px 0 0 4px}"
    "input{flex:1;min-width:0}::placeholder{color:var(--line);opacity:1}"
    "button{border-left:0;border-radius:0 4px 4px 0}"
    "footer{margin-top:3rem;font-size:.85rem}"
)


def hash_source(text: str) -> str:
    """What a policy calls one style or script that stands in the page itself."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def policy(style: str = "", **more: str) -> str:
    """Nothing is loaded or run; a style of the page's own is named by its hash."""
    rules = {"default-src": "'none'", "base-uri": "'none'", "form-action": "'none'"}
    if style:
        rules["style-src"] = hash_source(style)
    rules |= {name.replace("_", "-"): sources for name, sources in more.items()}
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())


def head(rules: str, title: str) -> str:
    """The first lines of a page that stands by itself."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{rules}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{html.escape(title)}</title>\n"
    )


def redirect(target: str, front: str = "") -> str:
    """A page that leads to ``target``, with and without scripts, from a file too.

    ``front`` is the page it leads to: what that one says about itself is said here, for
    those who share this address.
    """
    safe = html.escape(target, quote=True)
    said = "".join(f"{line}\n" for line in SAID.findall(front))
    known = ADDRESS.search(said)
    return (
        f"{head(policy(), TITLE)}{said}"
        f'<meta http-equiv="refresh" content="0; url={safe}">\n'
        f'<link rel="canonical" href="{known.group(1) if known else safe}">\n</head>\n'
        f'<body><p><a href="{safe}">{TITLE}</a></p></body>\n</html>\n'
    )


def not_found(editions: Iterable[str], address: str) -> str:
    """What a server shows for an address without a page, at any depth.

    It is seen under foreign addresses, so it brings all it needs, and its links start
    from the root of the server: ``address`` says where below it the book is.
    """
    base = urlsplit(address).path or "/"
    rules = policy(STYLE, img_src="data:", form_action="'self'")
    icon = "data:image/svg+xml," + quote(FAVICON.read_text(encoding="utf-8"))
    ways = "".join(
        f'<p lang="{language}">{sentence} <a href="{base}{folder}/">{way}</a></p>\n'
        for folder, (language, sentence, way) in LOST.items()
        if folder in editions
    )
    return (
        f"{head(rules, f'Page not found – {TITLE}')}"
        '<meta name="description" content="There is no page at this address. The front '
        'page and the search of the book lead on.">\n'
        '<meta name="robots" content="noindex">\n'
        f'<link rel="icon" href="{icon}" type="image/svg+xml">\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#main-content">Skip to the text</a>\n'
        '<header><svg viewBox="0 0 32 20" width="48" height="30" aria-hidden="true">'
        '<path d="M1 4h9v4h5v10h5v-4h11" fill="none" stroke="currentColor" '
        'stroke-width="2.5"/></svg></header>\n'
        '<main id="main-content" tabindex="-1">\n<h1>Page not found</h1>\n'
        f"{ways}"
        f'<form role="search" action="{base}en/search.html" method="get">'
        '<input type="search" name="q" placeholder="Search the book" '
        'aria-label="Search the book" required>'
        "<button>Search</button></form>\n</main>\n"
        f"<footer>{TITLE}</footer>\n</body>\n</html>\n"
    )


def sitemap(addresses: Iterable[str]) -> str:
    safe = map(html.escape, addresses)
    entries = "".join(f"<url><loc>{one}</loc></url>\n" for one in safe)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"{entries}</urlset>\n"
    )


def write(site: Path, editions: list[str], pages: list[str], address: str) -> None:
    """Write the root's files.

    ``editions`` are folders of ``site``, ``pages`` the addresses of their pages, the
    front page first; ``address`` is the public one of the root, or empty.
    """
    front = f"en/{pages[0]}"
    shown = (site / front).read_text(encoding="utf-8")
    (site / "index.html").write_text(redirect(front, shown), encoding="utf-8")
    (site / "404.html").write_text(not_found(editions, address), encoding="utf-8")
    (site / ".nojekyll").touch()
    if address:
        every = [f"{address}{edition}/{page}" for edition in editions for page in pages]
        (site / "sitemap.xml").write_text(sitemap(every), encoding="utf-8")
        rules = f"User-agent: *\nAllow: /\nSitemap: {address}sitemap.xml\n"
        (site / "robots.txt").write_text(rules, encoding="utf-8")
