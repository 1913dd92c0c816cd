"""How mail programs write an answer: what is new must be read, what is repeated folded."""

from helpdesk.mail.corpus import OURS, Case, mail, multipart, part

NEW = "It still burns."
OLD = "Have you tried turning it off?"

PLAIN = {
    "Gmail": f"{NEW}\n\nOn Mon, Nov 2, 2026 at 10:00 AM Support <support@helpdesk.example>\nwrote:\n\n> {OLD}\n>\n> -- \n> Gita\n",
    "Gmail, German": f"{NEW}\n\nAm Mo., 2. Nov. 2026 um 10:00 Uhr schrieb Support <support@helpdesk.example>:\n\n> {OLD}\n",
    "Gmail, French": f"{NEW}\n\nLe lun. 2 nov. 2026 à 10:00, Support <support@helpdesk.example> a\nécrit :\n\n> {OLD}\n",
    "Gmail, Spanish": f"{NEW}\n\nEl lun, 2 nov 2026 a las 10:00, Support (<support@helpdesk.example>) escribió:\n\n> {OLD}\n",
    "Gmail, Portuguese": f"{NEW}\n\nEm seg., 2 de nov. de 2026 às 10:00, Support <support@helpdesk.example> escreveu:\n\n> {OLD}\n",
    "Gmail, Polish": f"{NEW}\n\npon., 2 lis 2026 o 10:00 Support <support@helpdesk.example> napisał(a):\n\n> {OLD}\n",
    "Gmail, Russian": f"{NEW}\n\nпн, 2 нояб. 2026 г. в 10:00, Support <support@helpdesk.example>:\n\n> {OLD}\n",
    "Gmail, Japanese": f"{NEW}\n\n2026年11月2日(月) 10:00 Support <support@helpdesk.example>:\n\n> {OLD}\n",
    "Gmail, Chinese": f"{NEW}\n\nSupport <support@helpdesk.example> 于2026年11月2日周一 10:00写道：\n\n> {OLD}\n",
    "Apple Mail": f"{NEW}\n\n> On 2. Nov 2026, at 10:00, Support <support@helpdesk.example> wrote:\n> \n> {OLD}\n",
    "iPhone": f"{NEW}\n\nSent from my iPhone\n\n> On 2. Nov 2026, at 10:00, Support <support@helpdesk.example> wrote:\n> \n> {OLD}\n",
    "iPhone, German": f"{NEW}\n\nVon meinem iPhone gesendet\n\n> Am 02.11.2026 um 10:00 schrieb Support <support@helpdesk.example>:\n> \n> {OLD}\n",
    "Outlook": f"{NEW}\n\nFrom: Support <support@helpdesk.example>\nSent: Monday, November 2, 2026 10:00 AM\nTo: Ann <ann@customer.example>\nSubject: Printer\n\n{OLD}\n",
    "Outlook, German": f"{NEW}\n\nVon: Support <support@helpdesk.example>\nGesendet: Montag, 2. November 2026 10:00\nAn: Ann <ann@customer.example>\nBetreff: Printer\n\n{OLD}\n",
    "Outlook, French": f"{NEW}\n\nDe : Support <support@helpdesk.example>\nEnvoyé : lundi 2 novembre 2026 10:00\nÀ : Ann <ann@customer.example>\nObjet : Printer\n\n{OLD}\n",
    "Outlook, old": f"{NEW}\n\n-----Original Message-----\nFrom: Support\nSent: Monday\nTo: Ann\nSubject: Printer\n\n{OLD}\n",
    "Outlook, old German": f"{NEW}\n\n-----Ursprüngliche Nachricht-----\nVon: Support\nGesendet: Montag\n\n{OLD}\n",
    "Outlook on the web": f"{NEW}\n________________________________\nFrom: Support <support@helpdesk.example>\nSent: Monday, November 2, 2026 10:00 AM\nTo: Ann\nSubject: Printer\n\n{OLD}\n",
    "Thunderbird": f"{NEW}\n\nOn 11/2/26 10:00, Support wrote:\n> {OLD}\n> more\n\n-- \nAnn\n",
    "Thunderbird, below": f"Am 02.11.26 um 10:00 schrieb Support:\n> {OLD}\n> mehr\n\n{NEW}\n",
    "Thunderbird, between": f"Am 02.11.26 um 10:00 schrieb Support:\n> {OLD}\n> mehr\n\n{NEW}\n\n> Und dann?\n> Was?\n\n",
    "Yahoo": f"{NEW}\n\n    On Monday, November 2, 2026 at 10:00:00 AM GMT+1, Support <support@helpdesk.example> wrote:  \n \n {OLD}\n",
    "Proton": f"{NEW}\n\nSent with Proton Mail secure email.\n\nOn Monday, November 2nd, 2026 at 10:00, Support <support@helpdesk.example> wrote:\n\n> {OLD}\n",
    "mutt": f"On Mon, Nov 02, 2026 at 10:00:00AM +0100, Support wrote:\n> {OLD}\n> \n\n{NEW}\n\n-- \nAnn\n",
    "KMail": f"On Monday, 2 November 2026 10:00:00 CET Support wrote:\n> {OLD}\n> x\n\n{NEW}\n\n\n\n",
    "Lotus Notes": f"{NEW}\n\n----- Original Message -----\nFrom: Support\nTo: Ann\n\n{OLD}\n",
    "Zimbra": f"{NEW}\n\n----- Original Message -----\nFrom: \"Support\" <support@helpdesk.example>\nTo: \"Ann\"\nSent: Monday, November 2, 2026 10:00:00 AM\nSubject: Printer\n\n{OLD}\n",
    "Mail.ru": f"{NEW}\n\n--\nAnn\n  >Понедельник, 2 ноября 2026, 10:00 +03:00 от Support <support@helpdesk.example>:\n  >\n  >{OLD}\n",
    "QQ": f"{NEW}\n\n------------------ 原始邮件 ------------------\n发件人: \"Support\"\n发送时间: 2026年11月2日\n收件人: \"Ann\"\n主题: Printer\n\n{OLD}\n",
}  # fmt: skip

HTML = {
    "Gmail": f'<div dir="ltr">{NEW}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Mon, Nov 2, 2026 Support wrote:<br></div><blockquote class="gmail_quote">{OLD}</blockquote></div>',
    "Outlook": f'<html xmlns:o="urn:schemas-microsoft-com:office:office"><body><div class=WordSection1><p class=MsoNormal>{NEW}<o:p></o:p></p><div style=\'border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm\'><p class=MsoNormal><b>From:</b> Support<br><b>Sent:</b> Monday<br><b>To:</b> Ann<br><b>Subject:</b> Printer</p></div><p>{OLD}</p></div></body></html>',
    "Outlook on the web": f'<div>{NEW}</div><hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg" dir="ltr"><b>From:</b> Support</div><div>{OLD}</div>',
    "Outlook mobile": f'<div>{NEW}</div><div id="ms-outlook-mobile-signature">Get Outlook for iOS</div><div id="mail-editor-reference-message-container"><b>From:</b> Support<br>{OLD}</div>',
    "Apple Mail": f'<html><body>{NEW}<br><div><br><blockquote type="cite"><div>On 2. Nov 2026, Support wrote:</div><br><div>{OLD}</div></blockquote></div></body></html>',
    "Apple Mail, between": f'<body><blockquote type="cite"><div>{OLD}</div></blockquote><div>{NEW}</div><blockquote type="cite">And?</blockquote></body>',
    "Thunderbird": f'<body><p>{NEW}</p><div class="moz-cite-prefix">On 11/2/26 10:00, Support wrote:<br></div><blockquote type="cite" cite="mid:x"><p>{OLD}</p></blockquote></body>',
    "Thunderbird, below": f'<body><div class="moz-cite-prefix">Am 02.11.26 schrieb Support:</div><blockquote type="cite">{OLD}</blockquote><p>{NEW}</p></body>',
    "Yahoo": f'<div class="yahoo-style-wrap"><div>{NEW}</div></div><div id="yahoo_quoted_1" class="yahoo_quoted"><div>On Monday Support wrote:</div><div>{OLD}</div></div>',
    "Proton": f'<div>{NEW}</div><div class="protonmail_signature_block"><div>Sent with Proton Mail</div></div><div class="protonmail_quote">On Monday, Support wrote:<br><blockquote class="protonmail_quote" type="cite">{OLD}</blockquote></div>',
    "Zoho": f'<div>{NEW}</div><div class="zmail_extra"><div>---- On Mon, 02 Nov 2026 Support wrote ---</div><blockquote>{OLD}</blockquote></div>',
    "NetEase": f'<div>{NEW}</div><div id="isReplyContent">At 2026-11-02 10:00:00, "Support" wrote:<blockquote>{OLD}</blockquote></div>',
    "Samsung": f'<div>{NEW}</div><div id="composer_signature">Sent from my Galaxy</div><div>-------- Original message --------</div><div>From: Support &lt;a@b.example&gt;</div><div>Date: 2/11/26</div><div>To: Ann</div><div>Subject: Printer</div><div>{OLD}</div>',
}  # fmt: skip


def cases() -> list[Case]:
    found = []
    for name, text in PLAIN.items():
        raw = mail(text, "Content-Type: text/plain; charset=utf-8", In_Reply_To=f"<{OURS}>")
        found.append(_case(f"{name}, text", raw))
    for name, html in HTML.items():
        raw = mail(html, "Content-Type: text/html; charset=utf-8", In_Reply_To=f"<{OURS}>")
        found.append(_case(f"{name}, HTML", raw))
    for name in sorted(PLAIN.keys() & HTML.keys()):
        both = part(PLAIN[name]), part(HTML[name], "text/html; charset=utf-8")
        raw = multipart(*both, kind="alternative", References=f"<x@y> <{OURS}>")
        found.append(_case(f"{name}, both", raw))
    return found


def _case(name: str, raw: bytes) -> Case:
    return Case(name, raw, on="ticket", says=NEW, folded="" if "between" in name else OLD)
