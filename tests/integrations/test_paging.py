"""Whether a list that comes page by page goes on."""

from integrations.paging import MOST_STALE, Progress


def test_a_list_that_says_the_same_again_and_again_is_stuck():
    progress = Progress()
    pages = [[{"id": 1}], [{"id": 2}], *[[{"id": 1}, {"id": 2}]] * MOST_STALE]
    assert [progress.is_stuck(page) for page in pages].index(True) == len(pages) - 1


def test_what_is_new_now_and_then_goes_on():
    progress = Progress()
    for number in range(5 * MOST_STALE):
        page = [{"id": number // 10}, {"no": "id"}, "text"] if number % 3 else []
        assert not progress.is_stuck(page)
