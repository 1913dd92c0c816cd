"""Signs of life: what each kind of process last said of itself."""

from django.db import models


class Heartbeat(models.Model):
    """One row a name, such as `worker` or `scheduler`: when it was last heard of, and its words."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()
    words = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.name
