"""Django's cache in Redis, with one client for each pool of connections, not one for each call."""

from functools import cached_property
from typing import Any

from django.core.cache.backends import redis

COUNT = """
local number = redis.call('INCR', KEYS[1])
if number == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return number
"""


class Client(redis.RedisCacheClient):
    def __init__(self, *servers: Any, **options: Any) -> None:
        super().__init__(*servers, **options)
        self._clients: dict[int, Any] = {}

    def get_client(self, key: str | None = None, *, write: bool = False) -> Any:
        pool = self._get_connection_pool(write)
        if (found := self._clients.get(id(pool))) is None:
            found = self._clients[id(pool)] = self._client(connection_pool=pool)
        return found

    @cached_property
    def _count(self) -> Any:
        return self.get_client(write=True).register_script(COUNT)

    def counted(self, key: str, seconds: int) -> int:
        return self._count(keys=[key], args=[seconds])


class RedisCache(redis.RedisCache):
    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = Client

    def counted(self, key: str, seconds: int) -> int:
        """One more under a key, and how many that are; it lasts so long from its first time."""
        return self._cache.counted(self.make_and_validate_key(key), seconds)
