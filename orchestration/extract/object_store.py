"""Folders and object stores through fsspec: the only module that opens them.

A local folder, ``s3://``, ``az://`` and ``gs://`` look alike from here. Credentials come from
where each vendor's own tools find them (environment, profile, instance role), never from the
sources file; ``storage_options`` of a source may hold addresses and names, not secrets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import fsspec

from orchestration.extract.source import SourceConfig, SourceError

# What a store answers when it is there but we may not, or when it is not there.
_STORE_ERRORS = (OSError, ValueError, RuntimeError, ImportError)
_SECRET_WORDS = ("secret", "password", "token", "account_key", "credential", "connection_string")


@dataclass(frozen=True)
class StoredFile:
    """A file of a store.

    Attributes:
        path: Path below the source's url, with forward slashes.
        size: Bytes.
        tag: What changes when the content does: ETag, or size and clocks of a local file.
    """

    path: str
    size: int
    tag: str


class ObjectStore:
    """The files below one url.

    Args:
        source: The source, for its url and for naming it in errors.
    """

    def __init__(self, source: SourceConfig) -> None:
        self._source = source
        options = source.options.get("storage_options", {})
        if not isinstance(options, Mapping) or any(
            word in str(key).lower() for key in options for word in _SECRET_WORDS
        ):
            raise SourceError(
                source.name,
                "storage_options must be a mapping of addresses and names, without secrets.",
                "give credentials through the environment, as the vendor's own tools read them.",
            )
        try:
            # Listings are asked for anew each time: a cached one would miss a delivery.
            self._fs, self._root = fsspec.core.url_to_fs(
                source.url, use_listings_cache=False, **dict(options)
            )
        except _STORE_ERRORS as error:
            raise self._error("cannot be opened", error) from None
        self._is_local = "file" in _protocols(self._fs)

    def files(self, folder: str = "") -> list[StoredFile]:
        """Return all files below a folder of the source by path; a file url is a folder of one.

        Raises:
            SourceError: The store cannot be listed.
        """
        top = f"{self._root.rstrip('/')}/{folder}".rstrip("/")
        try:
            if folder == "" and self._fs.isfile(self._root):
                found = {self._root: self._fs.info(self._root)}
            else:
                found = self._fs.find(top, detail=True)
        except FileNotFoundError:
            found = {}
        except _STORE_ERRORS as error:
            raise self._error("cannot be listed", error) from None
        files = [
            StoredFile(self._below(path), int(info.get("size") or 0), self._tag(info))
            for path, info in found.items()
            if info.get("type") == "file"
        ]
        return sorted(files, key=lambda file: file.path)

    def read(self, path: str) -> bytes:
        """Return the bytes of a small file.

        Raises:
            SourceError: The file cannot be read.
        """
        try:
            return cast(bytes, self._fs.cat_file(self._full(path)))
        except _STORE_ERRORS as error:
            raise self._error(f"file {path} cannot be read", error) from None

    def open(self, path: str) -> BinaryIO:
        """Open a file for reading its bytes in order.

        Raises:
            SourceError: The file cannot be opened.
        """
        try:
            return cast(BinaryIO, self._fs.open(self._full(path), "rb"))
        except _STORE_ERRORS as error:
            raise self._error(f"file {path} cannot be opened", error) from None

    def local_path(self, path: str) -> Path | None:
        """Return a file's path on this machine, None when it is on another."""
        return Path(self._full(path)) if self._is_local else None

    def _full(self, path: str) -> str:
        if path == self._root.rsplit("/", 1)[-1] and self._fs.isfile(self._root):
            return self._root
        return f"{self._root.rstrip('/')}/{path}"

    def _below(self, path: str) -> str:
        root = self._root.rstrip("/")
        return path[len(root) + 1 :] if path.startswith(root + "/") else path.rsplit("/", 1)[-1]

    def _tag(self, info: Mapping[str, Any]) -> str:
        for name in ("ETag", "etag", "md5Hash", "crc32c"):
            if info.get(name):
                return str(info[name])
        if self._is_local:
            # ctime cannot be set back as mtime can, so a replaced file always shows.
            status = Path(str(info["name"])).stat()
            return f"{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}-{status.st_ino}"
        return f"{info.get('size')}-{info.get('last_modified') or info.get('updated')}"

    def _error(self, what: str, error: Exception) -> SourceError:
        # Some stores put signed addresses into their messages: only the kind of error is told.
        detail = error.strerror if isinstance(error, OSError) and error.strerror else ""
        return SourceError(
            self._source.name,
            f"{self._source.url} {what}: {type(error).__name__}{' ' + detail if detail else ''}.",
            "check the address, the network and this machine's permission to list and read it.",
        )


def _protocols(filesystem: Any) -> tuple[str, ...]:
    protocol = filesystem.protocol
    return (protocol,) if isinstance(protocol, str) else tuple(protocol)
