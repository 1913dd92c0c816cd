"""Where a call comes from, and whether a key may be used from there."""

import ipaddress
from collections.abc import Iterable

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from helpdesk.doors.errors import RefusedAddress
from helpdesk.models import ApiKey

UNIX = "unix"
MAX_NETWORKS = 50
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def caller_address(request: HttpRequest) -> Address | None:
    """The address that a call comes from; None if nobody who is trusted says it.

    `X-Forwarded-For` counts only from `settings.TRUSTED_PROXIES`, read from its end: the last
    address in it that is no trusted proxy itself is the caller's. What stands before was said by
    the caller.
    """
    near = request.META.get("REMOTE_ADDR", "")
    found = _address(near)
    if not _is_trusted(found, near):
        return found
    for word in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        if not word.strip():
            continue
        found = _address(word.strip())
        if found is None or not _is_trusted(found, word):
            return found
    return found


def is_from_allowed(key: ApiKey, request: HttpRequest) -> bool:
    if not key.allowed_from:
        return True
    address = caller_address(request)
    return address is not None and _is_in(address, key.allowed_from)


def refuse_elsewhere(key: ApiKey, request: HttpRequest) -> None:
    """Raise RefusedAddress unless the key may be used from where the call comes."""
    if not is_from_allowed(key, request):
        raise RefusedAddress(str(caller_address(request) or ""))


def networks_in(words: Iterable[str]) -> list[str]:
    """Networks as they are stored, each once. Raises ValidationError."""
    found = []
    for word in words:
        try:
            found.append(str(ipaddress.ip_network(str(word).strip(), strict=False)))
        except ValueError as error:
            said = {"word": str(word)[:60]}
            raise ValidationError(
                _("“%(word)s” is no network. Write 192.0.2.0/24 or 2001:db8::/32.") % said
            ) from error
    if len(found) > MAX_NETWORKS:
        raise ValidationError(_("At most %(limit)s networks.") % {"limit": MAX_NETWORKS})
    return list(dict.fromkeys(found))


def are_within(inner: Iterable[str], outer: Iterable[str]) -> bool:
    """Whether each network of the first lies in one of the second."""
    wide = [ipaddress.ip_network(one) for one in outer]
    return all(
        any(one.version == big.version and one.subnet_of(big) for big in wide)
        for one in map(ipaddress.ip_network, inner)
    )


def _address(word: str) -> Address | None:
    try:
        found = ipaddress.ip_address(word.strip("[]"))
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _is_trusted(address: Address | None, word: str) -> bool:
    if address is None:
        return not word.strip() and UNIX in settings.TRUSTED_PROXIES
    return _is_in(address, [one for one in settings.TRUSTED_PROXIES if one != UNIX])


def _is_in(address: Address, networks: Iterable[str]) -> bool:
    return any(
        address in network
        for network in map(ipaddress.ip_network, networks)
        if network.version == address.version
    )
