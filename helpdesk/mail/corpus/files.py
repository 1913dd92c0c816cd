"""What comes with a message: files of every name, and parts that are kept as files."""

from base64 import b64encode
from functools import cache
from io import BytesIO
from struct import pack
from zipfile import ZIP_DEFLATED, ZipFile
from zlib import crc32

from helpdesk.mail.corpus import Case, mail, multipart, part, parts

PNG = b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 40)
BASE64 = "Content-Transfer-Encoding: base64"


def attached(disposition: str, kind: str = "application/octet-stream", content=PNG) -> bytes:
    return part(content, kind, BASE64, f"Content-Disposition: {disposition}")


def one(name: str, inner: bytes, *files: str, **more) -> Case:
    return Case(name, multipart(part("See it."), inner), text="See it.", files=files, **more)


@cache
def _bomb() -> bytes:
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as packed, packed.open("zeros", "w") as file:
        for _megabyte in range(64):
            file.write(bytes(1024 * 1024))
    return content.getvalue()


def _huge_picture() -> bytes:
    """The head of a PNG of 100,000 by 100,000."""
    head = b"IHDR" + pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + pack(">I", 13) + head + pack(">I", crc32(head))


def cases() -> list[Case]:
    return [
        one("a file", attached('attachment; filename="a.pdf"'), "a.pdf"),
        one("a name by RFC 2231", attached("attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe.pdf"), "Größe.pdf"),
        one("a name in pieces by RFC 2231", attached("attachment; filename*0*=utf-8''Gr%C3%B6; filename*1*=%C3%9Fe; filename*2=.pdf"), "Größe.pdf"),
        one("a name by RFC 2047", attached('attachment; filename="=?utf-8?B?R3LDtsOfZS5wZGY=?="'), "Größe.pdf"),
        one("a name of raw bytes", attached('attachment; filename="Größe.pdf"'), "Größe.pdf"),
        one("a name of percent signs", attached('attachment; filename="Gr%C3%B6%C3%9Fe.pdf"'), "Größe.pdf"),
        one("a name that climbs", attached('attachment; filename="../../etc/passwd"'), "passwd"),
        one("a name with a drive", attached('attachment; filename="C:\\\\temp\\\\a.doc"'), "a.doc"),
        one("a name that turns writing about", attached("attachment; filename*=utf-8''a%E2%80%AEgpj.exe"), "agpj.exe"),
        one("a name of three hundred letters", attached(f'attachment; filename="{"x" * 300}.pdf"'), "x" * 251 + ".pdf"),
        one("a name with nothing in it", attached('attachment; filename=""'), "file.bin"),
        one("an empty file", attached('attachment; filename="empty.txt"', content=b""), "empty.txt"),
        one("a name with a zero in it", attached("attachment; filename*=utf-8''a%00b.pdf"), "ab.pdf"),
        one("a name without an ending", attached('attachment; filename="README"'), "README"),
        one("a name with two endings", attached('attachment; filename="invoice.pdf.exe"'), "invoice.pdf.exe"),
        one("a name in letters that look like others", attached("attachment; filename*=utf-8''p%D0%B0ypal.pdf"), "pаypal.pdf"),
        one("a picture that is a script, too", attached('attachment; filename="a.gif"', "image/gif", b64encode(b"GIF89a/*\x00*/=1;alert(1)//<script>alert(1)</script>")), "a.gif"),
        one("an archive of sixty megabytes in sixty kilobytes", attached('attachment; filename="bomb.zip"', "application/zip", b64encode(_bomb())), "bomb.zip"),
        one("a picture of ten thousand million points", attached('attachment; filename="huge.png"', "image/png", b64encode(_huge_picture())), "huge.png"),
        Case("the same file twice", multipart(part("See it."), *[attached('attachment; filename="a.pdf"')] * 2), text="See it.", files=("a.pdf", "a.pdf")),
        one("a type that lies", attached('attachment; filename="a.png"', "text/html"), "a.png"),
        one("a script", attached('attachment; filename="x.svg"', "image/svg+xml"), "x.svg"),
        one("HTML as a file", attached('attachment; filename="x.html"', "text/html", b64encode(b"<script>alert(1)</script>")), "x.html"),
        one("an invitation", part("BEGIN:VCALENDAR\nEND:VCALENDAR\n", "text/calendar; method=REQUEST"), "invitation.ics", notes=("calendar",)),
        one("winmail.dat", attached('attachment; filename="winmail.dat"', "application/ms-tnef"), "winmail.dat", notes=("winmail",)),
        one("winmail.dat without a name", part(PNG, "application/ms-tnef", BASE64), "winmail.dat", notes=("winmail",)),
        one("a message", part("Subject: The inner one\n\nInner words", "message/rfc822"), "The inner one.eml", notes=("nested",)),
        one("a card", part("BEGIN:VCARD\nEND:VCARD\n", "text/vcard; name=ann.vcf"), "ann.vcf"),
        one("base64 with rubbish between", attached('attachment; filename="a.bin"', content=b"QU!JD\n\n??RA=="), "a.bin"),
        one("base64 cut off", attached('attachment; filename="a.bin"', content=b"QUJDR"), "a.bin"),
        Case("sixty files", multipart(part("See it."), *(attached(f'attachment; filename="{n}.bin"') for n in range(60))), text="See it.", files=tuple(f"{n}.bin" for n in range(50))),
        Case("a file alone", mail(PNG, "Content-Type: image/png; name=a.png", BASE64), says="", files=("a.png",)),
        Case("a picture in the words", multipart(part('<p>See</p><img src="cid:p@x">', "text/html"), part(PNG, "image/png; name=p.png", BASE64, "Content-ID: <p@x>"), kind="related"), says="See", files=("p.png",)),
        Case("words, picture, words", multipart(part("One."), part(PNG, "image/png", BASE64, "Content-Disposition: inline"), part("Two.")), text="One.\n\nTwo.", files=("image.png",)),
        Case("signed by PGP", multipart(part("Signed words."), part("-----BEGIN PGP SIGNATURE-----", "application/pgp-signature"), kind="signed"), text="Signed words.", files=("signature.asc",), notes=("signed",)),
        Case("signed by S/MIME", multipart(part("Signed words."), part(PNG, "application/pkcs7-signature; name=smime.p7s", BASE64), kind="signed"), text="Signed words.", files=("smime.p7s",), notes=("signed",)),
        Case("encrypted by PGP", multipart(part("Version: 1", "application/pgp-encrypted"), part("-----BEGIN PGP MESSAGE-----", "application/octet-stream; name=encrypted.asc"), kind="encrypted"), says="encrypted", files=("pgp-version.txt", "encrypted.asc"), notes=("encrypted",)),
        Case("encrypted by S/MIME", mail(PNG, "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", BASE64), says="encrypted", files=("smime.p7m",), notes=("encrypted",)),
        Case("encrypted in the words", mail("-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----"), says="BEGIN PGP", notes=("encrypted",)),
        Case("choices within related within mixed", multipart(parts(parts(part("Plain."), part("<p>Marked up.</p>", "text/html"), kind="alternative", boundary="c"), part(PNG, "image/png; name=l.png", BASE64, "Content-ID: <l@x>"), kind="related", boundary="r"), attached('attachment; filename="a.pdf"')), text="Plain.", files=("l.png", "a.pdf")),
    ]  # fmt: skip
