"""A small service of the tests: it has what a console page can be asked to show."""

from __future__ import annotations

from django import forms

from integrations.connector import (
    Capabilities,
    Connector,
    Fields,
    Instance,
    RemoteField,
    RemoteOption,
    RemotePerson,
    RemoteTag,
    RemoteTicket,
    SecretField,
    Setup,
    ThereField,
    Vocabulary,
)


class AcmeSetup(Setup):
    base_url = forms.URLField(label="Address", assume_scheme="https")
    key = SecretField(label="Key")
    signing = SecretField(label="Signing secret", required=False)
    project = ThereField(label="Project")
    region = forms.CharField(label="Region", required=False)


class Client(Connector):
    title = "Acme"
    Setup = AcmeSetup
    has_webhooks = True
    capabilities = Capabilities(
        fields=frozenset(("title", "body", "status", "priority", "type", "tags", "custom")),
        create_only=frozenset({"title"}),
        calls_per_minute=100,
    )
    vocabularies = {
        "status": Vocabulary(
            out={
                "new": "todo",
                "open": "todo",
                "started": "doing",
                "waiting": "doing",
                "resolved": "done",
                "closed": "done",
            },
            back={"todo": "open", "doing": "started", "done": "resolved"},
        ),
        "priority": Vocabulary(
            out={"low": "1", "normal": "2", "high": "3", "urgent": "4"},
            back={"1": "low", "2": "normal", "3": "high", "4": "urgent"},
        ),
    }

    def begin_session(self, open_session):
        return open_session(
            self.setup["base_url"],
            service=self.title,
            authenticate=self._sign,
            secrets=[self.setup["key"]],
        )

    def check(self) -> str:
        name = self._ask("/me")["name"]
        return f"Connected to {name}."

    def choices(self, name: str) -> list[RemoteOption]:
        return [RemoteOption(key=one["id"], text=one["name"]) for one in self._ask(f"/{name}")]

    def describe(self) -> Instance:
        said = self._ask("/description")
        return Instance(
            people=tuple(RemotePerson(**one) for one in said.get("people", ())),
            fields=tuple(
                RemoteField(
                    **{**one, "kinds": tuple(one["kinds"])},
                    options=tuple(RemoteOption(key=key, text=text) for key, text in options),
                )
                for one, options in said.get("fields", ())
            ),
            tags=tuple(RemoteTag(**one) for one in said.get("tags", ())),
            statuses=tuple(RemoteOption(key=key, text=text) for key, text in said["statuses"]),
            types=tuple(RemoteOption(key=key, text=text) for key, text in said.get("types", ())),
        )

    def written(self, fields: Fields) -> Fields:
        theirs = {name: value for name, value in fields.items() if name != "type"}
        for name in ("status", "priority"):
            if name in fields:
                chosen = self.maps.get(f"{name}_out", {})
                word = fields[name]
                theirs[name] = chosen.get(word) or self.vocabularies[name].out[word]
        if word := self.maps.get("type_out", {}).get(fields.get("type", "")):
            theirs["type"] = word
        return theirs

    def understood(self, theirs: Fields) -> Fields:
        fields = {name: value for name, value in theirs.items() if name != "type"}
        for name in ("status", "priority"):
            if name in theirs:
                chosen, word = self.maps.get(name, {}), theirs[name]
                found = chosen.get(word) or self.vocabularies[name].back.get(word)
                fields[name] = found
                if found is None:
                    del fields[name]
        if word := self.maps.get("type", {}).get(theirs.get("type", "")):
            fields["type"] = word
        return fields

    def create(self, fields: Fields, reference: str) -> RemoteTicket:
        raise AssertionError("The console asks and rehearses; it never creates.")

    def _sign(self, request) -> None:
        request.headers["Authorization"] = f"Bearer {self.setup['key']}"

    def _ask(self, path: str):
        return self.session.json(self.session.get(path))
