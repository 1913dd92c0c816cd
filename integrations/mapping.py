"""Proposing which custom field of ours is which of theirs. Pure; a person may change it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from integrations.connector import CustomMap, Instance, Maps, RemoteField


@dataclass(frozen=True, slots=True, kw_only=True)
class OurField:
    """A custom field of ours: `options` are option → label."""

    key: str
    label: str
    kind: str
    options: Mapping[str, str] = field(default_factory=dict)


def propose_maps(
    instance: Instance, ours: Iterable[OurField], our_types: Iterable[str] = ()
) -> Maps:
    """Fields of the same name that can hold the kind, options and people of the same name, tags.

    `our_types` are the names of our ticket types; those of the same name are one.
    """
    categories = [tag.category_id for tag in instance.tags if tag.category_id]
    maps: Maps = {
        "custom": propose_custom(instance.fields, ours),
        "people": {person.email.casefold(): person.id for person in instance.people if person.id},
        "tags": {tag.text: tag.category_id for tag in instance.tags if tag.category_id},
    }
    if categories:
        maps["tag_category"] = categories[0]
    theirs = {option.text.strip().casefold(): option.key for option in instance.types}
    if same := {name: theirs[name.casefold()] for name in our_types if name.casefold() in theirs}:
        maps["type_out"] = same
        maps["type"] = {key: name for name, key in same.items()}
    return maps


def propose_custom(theirs: Iterable[RemoteField], ours: Iterable[OurField]) -> dict[str, CustomMap]:
    left = list(theirs)
    proposed: dict[str, CustomMap] = {}
    for own in ours:
        for remote in left:
            names = (own.label.casefold(), own.key.casefold())
            if remote.title.strip().casefold() in names and own.kind in remote.kinds:
                proposed[own.key] = paired(own, remote)
                left.remove(remote)
                break
    return proposed


def paired(own: OurField, remote: RemoteField) -> CustomMap:
    """The map of one of our fields to one of theirs, with the options of the same label.

    Where the service does not tell the options of its field, ours go by their labels.
    """
    keys = {option.text.strip().casefold(): option.key for option in remote.options}
    options = {
        option: keys[label.strip().casefold()]
        for option, label in own.options.items()
        if label.strip().casefold() in keys
    }
    if not remote.options:
        options = dict(own.options)
    return {
        "id": remote.id,
        "type": remote.type,
        "multiple": remote.multiple,
        "kind": own.kind,
        "options": options,
    }
