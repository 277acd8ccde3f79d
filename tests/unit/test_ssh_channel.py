"""A channel of Paramiko's, whose transport may be gone."""

from __future__ import annotations

import pytest

from suture.connect.fabric_link import SshChannel


class Broken:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def close(self) -> None:
        raise self.error


@pytest.mark.parametrize("error", [EOFError(), OSError("Socket is closed")], ids=str)
def test_hanging_up_on_nobody_is_no_error(error: Exception) -> None:
    channel = object.__new__(SshChannel)
    channel._channel = Broken(error)
    channel.close()
