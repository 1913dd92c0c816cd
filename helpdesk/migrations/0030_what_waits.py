from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("helpdesk", "0029_comments_in_order"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("deleted_at", None), ("status_category", "waiting")),
                fields=["-last_activity_at", "-id"],
                name="ticket_waiting",
            ),
        ),
    ]
