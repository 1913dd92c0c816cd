from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("helpdesk", "0026_latest_due_of_a_person"),
    ]

    operations = [
        migrations.AlterField(
            model_name="draft",
            name="kind",
            field=models.CharField(
                choices=[
                    ("reply", "Reply"),
                    ("note", "Note"),
                    ("forward", "Forward"),
                    ("ticket", "New ticket"),
                ],
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="outgoingmail",
            name="kind",
            field=models.CharField(
                choices=[
                    ("reply", "reply"),
                    ("forward", "forwarded message"),
                    ("ack", "acknowledgement"),
                    ("notice", "notification"),
                    ("opening", "first message"),
                    ("probe", "test of a mailbox"),
                ],
                max_length=8,
            ),
        ),
    ]
