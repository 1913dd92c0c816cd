"""Reads a page as a browser would, and says what in it could run, load or mislead."""

import re
from collections import Counter
from html.parser import HTMLParser

ADDRESSES = ("href", "src", "action", "formaction", "srcset", "data", "poster", "xlink:href")
NEVER = {"iframe", "object", "embed", "base", "applet", "frame", "frameset", "math", "style"}
BLANKS = re.compile(r"[\x00-\x20\u200b\ufeff]+")


class Reader(HTMLParser):
    """`faults` are the elements that no page of ours writes. `may_style`: the administration."""

    def __init__(self, *, may_style: bool = False):
        super().__init__(convert_charrefs=True)
        self.may_style = may_style
        self.faults: list[str] = []
        self.ids: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in NEVER and not (self.may_style and tag == "style"):
            self.faults.append(f"<{tag}>")
        is_ours = values.get("src", "").startswith("/static/") or "nonce" in values
        if tag == "script" and not is_ours and values.get("type") != "application/json":
            self.faults.append(f"<script {values}>")
        if tag == "link" and not values.get("href", "").startswith("/static/"):
            self.faults.append(f"<link {values}>")
        if tag == "meta" and values.get("http-equiv", "").casefold() == "refresh":
            self.faults.append("<meta refresh>")
        for name, value in values.items():
            self._look_at(tag, name, value)
        if "id" in values:
            self.ids[values["id"]] += 1

    def _look_at(self, tag: str, name: str, value: str) -> None:
        if name.startswith("on"):
            self.faults.append(f"<{tag} {name}={value[:60]}>")
        if name == "style" and not self.may_style:
            self.faults.append(f"<{tag} style={value[:60]}>")
        if name == "srcdoc":
            self.faults.append(f"<{tag} srcdoc>")
        if name in ADDRESSES:
            plain = BLANKS.sub("", value).casefold()
            if plain.startswith(("javascript:", "vbscript:", "data:text")):
                self.faults.append(f"<{tag} {name}={value[:60]}>")
            if "evil.example" in plain and tag != "a":
                self.faults.append(f"<{tag} {name}={value[:60]}>")


def faults_in(text: str, *, may_style: bool = False) -> list[str]:
    reader = Reader(may_style=may_style)
    reader.feed(text)
    reader.close()
    twice = [name for name, count in reader.ids.items() if count > 1]
    if "main" in twice:
        reader.faults.append("two elements are #main")
    if "</html>" not in text[-20:] and "<html" in text:
        reader.faults.append("the page does not end")
    return reader.faults
