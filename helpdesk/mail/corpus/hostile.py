"""What is written to break things, or by accident does: each costs little, and nothing runs."""

from helpdesk.mail.corpus import Case, mail, multipart, part

SCRIPTS = {
    "a script": "<p>Words.</p><script>alert(1)</script>",
    "a handler": '<p>Words.</p><img src=x onerror="alert(1)">',
    "an address that runs": '<p>Words.</p><a href="java&#x09;script:alert(1)">x</a>',
    "a style": '<style>body{display:none}</style><p style="position:fixed">Words.</p>',
    "a base": '<base href="https://evil.example"><p>Words.</p>',
    "a redirect": '<meta http-equiv="refresh" content="0;url=https://evil.example"><p>Words.</p>',
    "a form to us": '<form action="/accounts/logout/"><button>x</button></form><p>Words.</p>',
    "a frame": '<iframe srcdoc="<script>alert(1)</script>"></iframe><p>Words.</p>',
    "a drawing": "<svg><script>alert(1)</script></svg><p>Words.</p>",
    "mathematics": "<math><mtext><script>alert(1)</script></mtext></math><p>Words.</p>",
    "a template": "<template><script>alert(1)</script></template><p>Words.</p>",
    "an unclosed title": "<p>Words.</p><title><img src=x onerror=alert(1)>",
    "an unclosed text field": "<p>Words.</p><textarea><script>alert(1)</script>",
    "a name of ours": '<p id="composer">Words.</p><a name="csrfmiddlewaretoken">x</a>',
    "comments for one browser": "<!--[if mso]><script>alert(1)</script><![endif]--><p>Words.</p>",
    "several sources": '<p>Words.</p><img srcset="javascript:alert(1) 2x" src=x>',
}


def cases() -> list[Case]:
    html = "Content-Type: text/html; charset=utf-8"
    found = [
        Case(f"HTML with {name}", mail(body, html), says="Words.") for name, body in SCRIPTS.items()
    ]
    return [*found, *_structures(), *_masses()]


def _structures() -> list[Case]:
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (one, one)
        for one in range(1000)
    )
    inside = b"".join(b"Content-Type: message/rfc822\n\nSubject: %d\n" % one for one in range(1000))
    return [
        Case("a thousand levels", b"From: ann@customer.example\nMessage-ID: <deep@x>\n" + deep + b"\n\nhi", notes=("too deep",)),
        Case("a thousand messages inside each other", b"From: ann@customer.example\nMessage-ID: <in@x>\n" + inside + b"\nhi", files=("0.eml",)),
        Case("ten thousand parts", multipart(part("Words."), *([part("x", "text/x-y")] * 10_000)), says="Words.", notes=("too many parts",)),
        Case("no boundary", mail("Words.", "Content-Type: multipart/mixed"), notes=("no boundary",)),
        Case("a boundary that never comes", mail("Words.", "Content-Type: multipart/mixed; boundary=never"), says="Words.", notes=("no parts",)),
        Case("a last boundary that never comes", multipart(part("Words."))[:-12], says="Words."),
        Case("a boundary inside a word", mail("--b\n\nWords --b.\n--b--", "Content-Type: multipart/mixed; boundary=b"), text="Words --b."),
        Case("the same boundary twice", multipart(part(""), multipart(part("Words."))), says="Words."),
        Case("headers without a body", mail("")[:-1], says="(no text)"),
        Case("a body without headers", b"just words", on="", state="quarantined", reason="nobody"),
        Case("nothing", b"\n", on="", state="quarantined", reason="nobody"),
        Case("zeros", mail(b"Wor\0ds.\0"), text="Words."),
        Case("a zero in a header", mail(Subject="Pri\0nter"), subject="Printer"),
        Case("half letters", mail("Words \ud800.".encode("utf-8", "surrogatepass")), says="Words"),
        Case("line ends of an old Macintosh", mail(b"One\rTwo"), text="One\nTwo"),
        Case("line ends of both kinds", mail("One\nTwo").replace(b"\n", b"\r\n"), text="One\nTwo"),
        Case("flowing lines", mail("One \ntwo \nthree.\nFour.", "Content-Type: text/plain; format=flowed"), text="One two three.\nFour."),
        Case("a header that is cut in", mail(Subject="x\r\nBcc: everybody@x.example"), subject="x"),
        Case("a separator of a mail server", b"From ann@customer.example Mon Nov  2 10:00:00 2026\n" + mail(), says="Words."),
        Case("HTML that says it is plain", mail("<html><body><p>Words.</p></body></html>"), text="Words."),
        Case("plain words that only point to HTML", multipart(part("Open in a browser."), part("<p>" + "Real words. " * 60 + "</p>", "text/html"), kind="alternative"), says="Real words."),
        Case("an empty plain part", multipart(part("\n"), part("<p>Words.</p>", "text/html"), kind="alternative"), text="Words."),
    ]  # fmt: skip


def _masses() -> list[Case]:
    html = "Content-Type: text/html"
    return [
        Case("two megabytes of quotes", mail("Words.\n\n" + "> quoted line of an old message\n" * 65_000), says="Words.", folded="quoted line", notes=("cut",)),
        Case("a line of two megabytes", mail("Words. " + "x" * 2_000_000), says="Words.", notes=("cut",)),
        Case("half a megabyte of “wrote:”", mail("Words.\n" + "wrote:\n" * 75_000), says="Words."),
        Case("half a megabyte of “On 2026”", mail("Words.\n" + "On 2026 \n" * 60_000), says="Words."),
        Case("half a megabyte of “From:”", mail("Words.\n\n" + "From: x\n" * 65_000), says="Words."),
        Case("a hundred thousand open tags", mail("<p>Words.</p>" + "<div>" * 100_000, html), says="Words."),
        Case("a hundred thousand half tags", mail("<p>Words.</p>" + "<div " * 100_000, html), says="Words."),
        Case("forty thousand quotes in quotes", mail("<p>Words.</p>" + '<blockquote type="cite">' * 20_000, html), says="Words."),
        Case("a subject of a megabyte", mail(Subject="x" * 1_000_000)),
        Case("ten thousand recipients", mail(Cc=", ".join(f"p{n}@x.example" for n in range(10_000)), List_Id="<x.example>"), kind="list"),
        Case("a hundred thousand headers", mail("Words.", *["X-A: b"] * 100_000)),
        Case("a type of a megabyte", mail("Words.", "Content-Type: text/plain" + "; a=b" * 200_000)),
        Case("an address of brackets", mail(From="<" * 20_000 + "ann@customer.example"), on="", state="quarantined"),
        Case("an address of comments", mail(From="(" * 2_000 + "ann@customer.example")),
        Case("an address of too many comments", mail(From="(" * 30_000 + "ann@customer.example"), on="", state="quarantined"),
        Case("combining marks without end", mail("Words. a" + "\u0301" * 100_000), says="Words."),
        Case("encoded words without end", mail(Subject="=?utf-8?Q?a?= " * 20_000)),
    ]  # fmt: skip
