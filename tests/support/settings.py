from collections.abc import Mapping

from rewards.runtime.servers import Secrets


def environment_of(secrets: Secrets, *, database_url: str, migration_url: str, redis_url: str) -> Mapping[str, str]:
    """Answer the least environment in which every process of the service starts."""
    return {
        "DATABASE_URL": database_url,
        "MIGRATION_DATABASE_URL": migration_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": secrets.secret_key,
        "CODE_KEYS": secrets.code_key,
        "SIGNING_KEYS": secrets.signing_key,
        "MEMBER_JWT_KEY": secrets.member_jwt_key,
    }
