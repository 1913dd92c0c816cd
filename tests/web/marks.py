"""What another part of the house might mark on rows."""


def conflict(numbers, actor):
    return {pk: {"state": "conflict", "words": f"Elsewhere {pk}: conflict"} for pk in numbers}


def half(numbers, actor):
    return {pk: {"state": "synced", "words": "Elsewhere: in sync"} for pk in numbers[::2]}
