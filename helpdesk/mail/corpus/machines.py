"""What no person wrote, what only looks so, and what a person wrote through a machine."""

from helpdesk.mail.corpus import ANN, OURS, US, Case, mail, multipart, part

STATUS = "\n".join(
    [
        "Reporting-MTA: dns; mx.elsewhere.example",
        "",
        "Final-Recipient: rfc822; {address}",
        "Action: {action}",
        "Status: {status}",
        "Diagnostic-Code: smtp; {words}",
        "",
    ]
)


def report(
    original: str = OURS, action="failed", status="5.1.1", words="550 no such user", **headers: str
) -> bytes:
    fields = STATUS.format(address=ANN, action=action, status=status, words=words)
    head = f"Message-ID: <{original}>\nSubject: Printer\n\n"
    said = {"From": "Mail Delivery System <MAILER-DAEMON@mx.elsewhere.example>"}
    return multipart(
        part("Sorry."),
        part(fields, "message/delivery-status"),
        part(head, "text/rfc822-headers"),
        kind="report",
        more="; report-type=delivery-status",
        **{"Subject": "Undelivered Mail Returned to Sender", "Return_Path": "<>"} | said | headers,
    )


def cases() -> list[Case]:
    return [*_answers(), *_bounces(), *_robots(), *_people()]


def _answers() -> list[Case]:
    to = "{{REPLY}}"
    note = {"on": "ticket", "public": False, "answered": False}
    away = [
        ("English", "Automatic reply: Printer"),
        ("German", "Abwesenheitsnotiz: Printer"),
        ("French", "Réponse automatique : Printer"),
        ("Spanish", "Respuesta automática: Printer"),
        ("Italian", "Risposta automatica: Printer"),
        ("Dutch", "Automatisch antwoord: Printer"),
        ("Japanese", "自動返信: Printer"),
        ("Russian", "Автоответ: Printer"),
    ]
    headers = [
        {"Auto-Submitted": "auto-replied (vacation)"},
        {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
        {"Precedence": "bulk", "X-Autoreply": "yes"},
        {"Return-Path": "<>"},
    ]
    found = [
        Case(
            f"vacation in {language}",
            mail("I am away", To=to, Subject=subject, **headers[number % len(headers)]),
            kind="vacation",
            **note,
        )
        for number, (language, subject) in enumerate(away)
    ]
    found += [
        Case("automatic answer without a subject of its own", mail(To=to, Auto_Submitted="auto-replied"), kind="auto", **note),
        Case("automatic answer by Precedence", mail(To=to, Precedence="auto_reply"), kind="auto", **note),
        Case("automatic answer to nothing of ours", mail(Auto_Submitted="auto-replied"), on="", kind="auto", state="quarantined", reason="belongs to no ticket"),
        Case("read receipt", multipart(part("Read."), part("Disposition: displayed", "message/disposition-notification"), kind="report", more="; report-type=disposition-notification"), on="", kind="receipt"),
    ]  # fmt: skip
    return found


def _bounces() -> list[Case]:
    postfix = report()
    qmail = (
        "Hi. This is the qmail-send program.\n<ann@customer.example>:\n550 5.1.1 no mailbox\n\n--- Below is a copy.\n\nMessage-ID: <"
        + OURS
        + ">\n"
    )
    daemon = {"From": "MAILER-DAEMON@mx.elsewhere.example", "Return_Path": "<>"}
    bounced = {"on": "ticket", "kind": "bounce", "public": False, "answered": False}
    return [
        Case("bounce by Postfix", postfix, **bounced),
        Case("bounce to the address of the recipient", report(original="x@y", To="{{BOUNCE}}"), **bounced),
        Case("bounce by qmail, in words alone", mail(qmail, Subject="failure notice", **daemon), **bounced),
        Case("bounce by Exim", mail(qmail, Subject="Mail delivery failed: returning message to sender", X_Failed_Recipients=ANN, **daemon), **bounced),
        Case("bounce in German", mail(qmail, Subject="Unzustellbar: Printer", **daemon), **bounced),
        Case("full mailbox", report(status="5.2.2", words="552 mailbox full"), **bounced),
        Case("delay", report(action="delayed", status="4.4.1", words="try later"), on="ticket", kind="bounce", public=True, answered=False),
        Case("bounce of a message that was never sent", report(original="never@sent.example"), on="", kind="bounce", state="quarantined", reason="no message that was sent"),
        Case("bounce with nothing in it", multipart(kind="report", more="; report-type=delivery-status", From="MAILER-DAEMON@x.example"), on="", kind="bounce", state="quarantined"),
        Case("bounce address with a wrong signature", report(original="x@y", To="support+b.1.aaaaaaaaaaaaaaaaaaaa@helpdesk.example"), on="", kind="bounce", state="quarantined"),
        Case("our own message come back", mail(From=US, Message_ID=f"<{OURS}>"), on="", kind="own"),
        Case("a delivery that worked", report(action="delivered", status="2.0.0", words="ok"), on="ticket", kind="bounce", public=False, answered=False),
    ]  # fmt: skip


def _robots() -> list[Case]:
    silent = {"answered": False}
    return [
        Case("a shop's notification", mail(From="Shop <no-reply@shop.example>", Auto_Submitted="auto-generated"), kind="robot", author="no-reply@shop.example", **silent),
        Case("a monitor", mail(From="alerts@monitor.example", Precedence="bulk"), kind="robot", author="alerts@monitor.example", **silent),
        Case("cron", mail(From="root@server.example", Subject="Cron <root@server> backup", X_Cron_Env="<SHELL=/bin/sh>"), kind="robot", author="root@server.example", **silent),
        Case("a newsletter", mail(From="news@shop.example", List_Unsubscribe="<https://x.example>"), kind="robot", author="news@shop.example", **silent),
        Case("a list by Mailman", mail(List_Id="<help.lists.example>", List_Post="<mailto:h@lists.example>", Precedence="list"), kind="list", **silent),
        Case("a group by Google", mail(List_Id="<g.googlegroups.example>", X_Google_Group_Id="1"), kind="list", **silent),
        Case("an answer of a person through a list", mail(To="{{REPLY}}", List_Id="<x.example>"), on="ticket", kind="list", **silent),
        Case("a robot's answer on a ticket", mail(To="{{REPLY}}", Auto_Submitted="auto-generated"), on="ticket", kind="robot", **silent),
        Case("nobody in the envelope", mail(Return_Path="<>"), kind="robot", **silent),
        Case("spam by the server's word", mail(X_Spam_Flag="YES"), on="", state="quarantined", reason="unwanted"),
    ]  # fmt: skip


def _people() -> list[Case]:
    """None of them may be hidden or go unanswered for looking like a machine."""
    return [
        Case("a person", mail(), answered=True),
        Case("a person whose program says that no machine wrote it", mail(Auto_Submitted="no"), answered=True),
        Case("a person who is out of office and says so", mail(Subject="Out of office: my phone rings"), answered=True),
        Case("a person who asks for no automatic answer", mail(X_Auto_Response_Suppress="OOF"), answered=False),
        Case("a person with an odd program", mail(X_Mailer="Precedence: bulk"), answered=True),
        Case("a person called Bounce", mail(From="Bob Bounce <bob.bounce@x.example>"), author="bob.bounce@x.example", answered=True),
        Case("a person who writes of undelivered mail", mail(Subject="Undelivered mail since Monday"), answered=True),
        Case("a form that writes in our name", mail(From=US, Reply_To="bob@form.example"), on="", state="quarantined", reason="our own"),
    ]  # fmt: skip
