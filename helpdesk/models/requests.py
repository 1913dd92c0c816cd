"""What was answered to a write that named itself, so that a repeated one has no second effect."""

from django.db import models
from django.utils import timezone

from helpdesk.models.keys import ApiKey


class RequestKey(models.Model):
    """An `Idempotency-Key` of an API key, what it was used for, and the answer that it got.

    It is written in the transaction of the write itself: both are there, or neither.
    """

    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)  # of method, address and body
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "name"], name="request_key_once"),
        ]
