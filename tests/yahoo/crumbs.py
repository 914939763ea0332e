"""Cookies and the crumbs that belong to them."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

YEAR = timedelta(days=365)


class Crumbs:
    """Every cookie has one right crumb until `expire` makes it wrong."""

    def __init__(self) -> None:
        self._cookies = self._era = 0

    def set_cookie(self) -> str:
        """The value of a Set-Cookie header with a new cookie of this origin."""
        self._cookies += 1
        expires = format_datetime(datetime.now(UTC) + YEAR, usegmt=True)
        value = f"d=AQABB{self._cookies:08d}&S=AQAAA{self._cookies:08d}"
        return f"A3={value}; Expires={expires}; Max-Age={int(YEAR.total_seconds())}; Path=/; HttpOnly"

    def crumb(self, cookies: str) -> str:
        """Of a Cookie header; empty where A3 is not in it."""
        for cookie in cookies.split(";"):
            name, _, value = cookie.strip().partition("=")
            if name == "A3" and value:
                digest = hashlib.blake2b(f"{self._era} {value}".encode(), digest_size=9).digest()
                return base64.b64encode(digest, b"./").decode()[:11]
        return ""

    def expire(self) -> None:
        self._era += 1
