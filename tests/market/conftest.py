import pytest
from sqlalchemy.orm import Session

from market.codes import CodeKeys
from tests.support.market import new_keys, prepare


@pytest.fixture
def session(session: Session) -> Session:
    """The service's session on a database that is ready to be written to."""
    prepare(session)
    session.commit()
    return session


@pytest.fixture
def keys() -> CodeKeys:
    return new_keys()
