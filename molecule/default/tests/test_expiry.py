"""Messages that have expired leave the disk, and the memory of the broker, on the JDK that we install."""

import expiry
import pytest
from cluster import FAILOVER, VERSION

pytestmark = pytest.mark.skipif(FAILOVER.exists(), reason="once for each cluster is enough")


def test_expired_files_are_deleted_and_unmapped_and_are_not_without_our_options():
    expiry.prove(VERSION)
