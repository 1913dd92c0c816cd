"""What another part of the house might mark on rows."""


def conflict(numbers, actor):
    return {pk: {"state": "conflict", "words": f"Elsewhere {pk}: conflict"} for pk in numbers}
