"""What an empty helpdesk starts with: statuses, a workflow, types, a team and a queue."""

from django.db import migrations

STATUSES = [  # name, category, pauses promises
    ("New", "new", False),
    ("Open", "open", False),
    ("In progress", "open", False),
    ("Waiting", "waiting", True),
    ("Resolved", "resolved", True),
    ("Closed", "closed", True),
]
TRANSITIONS = [  # name, from, to, who, needs a resolution
    ("Open", ["New"], "Open", "agents", False),
    ("Start", ["New", "Open", "Waiting"], "In progress", "agents", False),
    ("Wait", ["New", "Open", "In progress"], "Waiting", "agents", False),
    ("Resolve", ["New", "Open", "In progress", "Waiting"], "Resolved", "agents", True),
    ("Close", ["New", "Open", "In progress", "Waiting", "Resolved"], "Closed", "agents", False),
    ("Reopen", ["Waiting", "Resolved", "Closed"], "Open", "everyone", False),
]
TYPES = ["Question", "Incident", "Problem", "Task"]


def named(model, name, **fields):
    return model.objects.create(name=name, name_folded=name.casefold(), **fields)


def create(apps, schema_editor):
    def model(name):
        return apps.get_model("helpdesk", name)

    statuses = {
        name: named(model("Status"), name, category=category, pauses_sla=pauses, position=position)
        for position, (name, category, pauses) in enumerate(STATUSES)
    }
    workflow = named(model("Workflow"), "Support", initial=statuses["Open"], is_default=True)
    for position, (name, sources, target, takers, resolution) in enumerate(TRANSITIONS):
        transition = named(
            model("Transition"),
            name,
            workflow=workflow,
            target=statuses[target],
            takers=takers,
            needs_resolution=resolution,
            position=position,
        )
        transition.sources.set([statuses[source] for source in sources])
    for position, name in enumerate(TYPES):
        named(model("TicketType"), name, position=position)
    queue = named(model("Queue"), "Support", slug="support", is_default=True)
    queue.teams.add(named(model("Team"), "Support"))
    model("Stamp").objects.create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("helpdesk", "0002_search")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
