"""Django's cache in Redis, with one client for each pool of connections, not one for each call."""

from typing import Any

from django.core.cache.backends import redis


class Client(redis.RedisCacheClient):
    def __init__(self, *servers: Any, **options: Any) -> None:
        super().__init__(*servers, **options)
        self._clients: dict[int, Any] = {}

    def get_client(self, key: str | None = None, *, write: bool = False) -> Any:
        pool = self._get_connection_pool(write)
        if (found := self._clients.get(id(pool))) is None:
            found = self._clients[id(pool)] = self._client(connection_pool=pool)
        return found


class RedisCache(redis.RedisCache):
    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = Client
