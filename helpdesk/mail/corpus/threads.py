"""Which ticket: signs that are right, wrong, stolen, many or none. Who: authors of every kind."""

from helpdesk.mail.corpus import ANN, OURS, US, Case, mail

EVE = "eve@elsewhere.example"


def cases() -> list[Case]:
    tag = "[#{{NUMBER}}]"
    many = " ".join(f"<{number}@x.example>" for number in range(300))
    joins, links = {"on": "ticket"}, {"on": "linked", "author": EVE}
    return [
        Case("the signed address", mail(To="{{REPLY}}"), **joins),
        Case("the signed address as copy", mail(To="x@y.example", Cc="Support <{{REPLY}}>"), **joins),
        Case("the signed address as delivered", mail(To="x@y.example", Delivered_To="{{REPLY}}"), **joins),
        Case("the signed address in capitals", mail(To="SUPPORT+{{REPLY}}"), **joins),
        Case("our Message-ID in In-Reply-To", mail(In_Reply_To=f"<{OURS}>"), **joins),
        Case("our Message-ID among words", mail(In_Reply_To=f"Your message of Monday <{OURS}>"), **joins),
        Case("our Message-ID without brackets", mail(In_Reply_To=OURS), **joins),
        Case("our Message-ID last of many", mail(References=f"{many} <{OURS}>"), **joins),
        Case("our Message-ID first of few", mail(References=f"<{OURS}> <a@b> <c@d>"), **joins),
        Case("references over lines", mail("Words.", f"References: <a@b>\n\t<{OURS}>\n <c@d>"), **joins),
        Case("the tag alone, references lost", mail(Subject=f"Re: AW: {tag} Printer"), **joins),
        Case("the tag in an encoded subject", mail(Subject="=?utf-8?Q?Re:_[#{{NUMBER}}]_Gr=C3=BC=C3=9Fe?="), **joins),
        Case("a Message-ID of ours as its own, by Ann", mail(To="{{REPLY}}", Message_ID=f"<{OURS}>"), **joins),
        Case("a Message-ID of ours as its own, by a stranger", mail(From=EVE, Message_ID=f"<{OURS}>"), author=EVE),
        Case("our message come back through a list", mail(From="list@x.example", List_Id="<x.example>", Message_ID=f"<{OURS}>"), on="", kind="own"),
        Case("a tag of no ticket", mail(Subject="[#99999999] x"), subject="x"),
        Case("a tag of too many digits", mail(Subject="[#" + "9" * 400 + "] x")),
        Case("a reference to nothing", mail(References="<nothing@x.example>")),
        Case("a signed address of nothing", mail(To="support+r.1.1.aaaaaaaaaaaaaaaaaaaa@helpdesk.example")),
        Case("a stolen reference", mail(From=EVE, References=f"<{OURS}>"), **links),
        Case("a stolen address", mail(From=EVE, To="{{REPLY}}"), **links),
        Case("a guessed number", mail(From=EVE, Subject=f"{tag} x"), author=EVE),
        Case("a name that shows another's address", mail(From=f'"{ANN}" <{EVE}>', References=f"<{OURS}>"), **links),
        Case("Ann in capitals", mail(From="ANN@Customer.Example", To="{{REPLY}}"), **joins),
        Case("Ann, disowned by her domain", mail(Authentication_Results="mx.helpdesk.example; dmarc=fail header.from=customer.example", References=f"<{OURS}>"), on="linked", answered=False),
        Case("Ann, disowned, with the signed address", mail(To="{{REPLY}}", Authentication_Results="mx.helpdesk.example; dmarc=fail"), **joins),
        Case("an agent without proof", mail("Pay me.", From="gita@helpdesk.example", To="{{AGENT}}"), on="ticket", public=False, author="", answered=False),
        Case("an agent with proof", mail("Off and on.", From="gita@helpdesk.example", To="{{AGENT}}", Authentication_Results="mx.helpdesk.example; dkim=pass (2048-bit key) header.d=helpdesk.example"), on="ticket", author="gita@helpdesk.example", answered=False),
        Case("an agent with the proof of another server", mail("Pay me.", From="gita@helpdesk.example", To="{{AGENT}}", Authentication_Results="mx.evil.example; dkim=pass header.d=helpdesk.example"), on="ticket", public=False, author=""),
        Case("an agent with the proof of another domain", mail("Pay me.", From="gita@helpdesk.example", To="{{AGENT}}", Authentication_Results="mx.helpdesk.example; dkim=pass header.d=evil.example; spf=pass smtp.mailfrom=evil.example"), on="ticket", public=False, author=""),
        Case("an agent with proof below the true one", mail("Pay me.", "Authentication-Results: mx.helpdesk.example; dkim=pass header.d=helpdesk.example", From="gita@helpdesk.example", To="{{AGENT}}", Authentication_Results="mx.helpdesk.example; dkim=none"), on="ticket", public=False, author=""),
        Case("an agent with another's address", mail("Pay me.", From="gita@helpdesk.example", To="{{REPLY}}", Authentication_Results="mx.helpdesk.example; dkim=pass header.d=helpdesk.example"), on="ticket", public=False, author=""),
        Case("several authors", mail(From="a@x.example, b@x.example"), author="a@x.example"),
        Case("several authors and who sent it", mail(From="a@x.example, b@x.example", Sender="b@x.example"), author="b@x.example"),
        Case("no author, but whom to answer", mail(From="", Reply_To="c@x.example"), author="c@x.example"),
        Case("no author at all", mail(From=""), on="", state="quarantined", reason="nobody"),
        Case("an author that is no address", mail(From="Ann"), on="", state="quarantined", reason="nobody"),
        Case("an author in a domain of other letters", mail(From="ann@bücher.example"), author="ann@xn--bcher-kva.example"),
        Case("an author with a comma in the name", mail(From='"Customer, Ann" <ann@customer.example>')),
        Case("an author with comments", mail(From="ann@customer.example (Ann (the one))")),
        Case("our own address", mail(From=US), on="", state="quarantined", reason="our own"),
        Case("our own address with a detail", mail(From="support+x@helpdesk.example"), on="", state="quarantined", reason="our own"),
        Case("no Message-ID", mail(Message_ID="")),
        Case("several Message-IDs", mail("Words.", "Message-ID: <second@x.example>"), notes=("several Message-IDs",)),
        Case("a Message-ID of a thousand letters", mail(Message_ID="<" + "x" * 1000 + "@y>")),
        Case("a Message-ID without brackets", mail(Message_ID="bare@x.example")),
        Case("a time in the future", mail(Date="Mon, 02 Nov 2099 10:00:00 +0000")),
        Case("a time that is none", mail(Date="yesterday")),
        Case("a time of another century", mail(Date="Mon, 02 Nov 0001 10:00:00 +9999")),
        Case("no time", mail(Date="")),
    ]  # fmt: skip
