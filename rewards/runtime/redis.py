"""Connections to Redis: impatient ones for requests, patient ones for workers that wait for jobs."""

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

SOCKET_TIMEOUT_S = 0.2
CONNECT_TIMEOUT_FOR_JOBS_S = 2.0
PROJECTION_TIMEOUT_S = 2.0


def connect_redis(url: str) -> redis.Redis:
    """Answer a client that gives up after 0.2 s and never tries again by itself: readers have PostgreSQL.

    Nothing is connected yet. Its answers are bytes.
    """
    return redis.Redis.from_url(
        url,
        socket_timeout=SOCKET_TIMEOUT_S,
        socket_connect_timeout=SOCKET_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )


def connect_redis_for_projection(url: str) -> redis.Redis:
    """Answer a client for writing the ranking: bounded too, but a busy moment does not make it start anew."""
    return redis.Redis.from_url(
        url,
        socket_timeout=PROJECTION_TIMEOUT_S,
        socket_connect_timeout=SOCKET_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )


def connect_redis_for_jobs(url: str) -> redis.Redis:
    """Answer a client for rq, whose blocking reads wait for minutes and whose workers outlive a restart."""
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_TIMEOUT_FOR_JOBS_S,
        socket_timeout=None,
        health_check_interval=30,
    )
