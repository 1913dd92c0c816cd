"""How the admin site looks: a part of the settings. Its colours are in static/css/admin.css."""

from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

UNFOLD = {
    "SITE_TITLE": _("Helpdesk"),
    "SITE_HEADER": _("Helpdesk"),
    "SITE_SUBHEADER": _("Settings"),
    "SITE_URL": "/",
    "SITE_ICON": lambda request: static("img/mark.svg"),
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("img/mark.svg"),
        }
    ],
    "STYLES": [
        lambda request: static("css/tokens.css"),
        lambda request: static("css/components/icon.css"),
        lambda request: static("css/components/avatar.css"),
        lambda request: static("css/components/glyph-label.css"),
        lambda request: static("css/admin.css"),
    ],
    "SCRIPTS": [lambda request: static("js/admin.js")],
    "BORDER_RADIUS": "6px",
    "SHOW_HISTORY": True,
    "SHOW_BACK_BUTTON": True,
    "THEME": lambda request: {"light": "light", "dark": "dark"}.get(request.COOKIES.get("theme")),
    "SIDEBAR": {"navigation": "helpdesk.admin.navigation.sections"},
}
