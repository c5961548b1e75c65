"""Folders and object stores through fsspec: the only module that opens them.

A local folder, ``s3://``, ``az://`` and ``gs://`` look alike from here. Credentials come from
where each vendor's own tools find them (environment, profile, instance role), never from the
sources file; ``storage_options`` of a source may hold addresses and names, not secrets.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

import fsspec

from orchestration.extract.source import SourceConfig, SourceError

# Other addresses that fsspec would understand (http, chained caches) are not ours to open.
_SCHEMES = ("file", "s3", "az", "abfs", "abfss", "gs")
_SECRET_WORDS = (
    "secret",
    "password",
    "token",
    "account_key",
    "access_key",
    "credential",
    "connection_string",
)
_CHECK_ADDRESS = (
    "check the address, the network, and that this machine may list and read it; credentials come "
    "from the environment, as the vendor's own tools read them."
)


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


@dataclass(frozen=True)
class MemoryFile:
    """A file that is held in memory.

    Attributes:
        filesystem: What to register with DuckDB, so that it can read the url.
        name: Its path there.
    """

    filesystem: Any
    name: str

    @property
    def url(self) -> str:
        """The address that DuckDB reads it by."""
        return f"memory://{self.name}"

    def open(self) -> BinaryIO:
        """Open it for reading."""
        return cast(BinaryIO, self.filesystem.open(self.name, "rb"))


class ObjectStore:
    """The files below one url.

    Args:
        source: The source, for its url and for naming it in errors.
    """

    def __init__(self, source: SourceConfig) -> None:
        self._source = source
        options = source.options.get("storage_options", {})
        if not isinstance(options, Mapping) or _names_a_secret(options):
            raise SourceError(
                source.name,
                "storage_options must be a mapping of addresses and names, without secrets.",
                "give credentials through the environment, as the vendor's own tools read them.",
            )
        scheme = source.url.split("://", 1)[0] if "://" in source.url else "file"
        if scheme not in _SCHEMES:
            raise SourceError(
                source.name,
                f"nothing here opens addresses of the kind {scheme}://.",
                "give a local folder, s3://, az:// or gs://.",
            )
        with self._reported("cannot be opened"):
            # Listings are asked for anew each time: a cached one would miss a delivery.
            self._fs, self._root = fsspec.core.url_to_fs(
                source.url, use_listings_cache=False, **dict(options)
            )
        self._is_local = "file" in _protocols(self._fs)
        self._is_single: bool | None = None

    def files(self, folder: str = "") -> list[StoredFile]:
        """Return all files below a folder of the source by path; a file url is a folder of one.

        Raises:
            SourceError: The store cannot be listed, or there is nothing at the source's url.
        """
        top = f"{self._root.rstrip('/')}/{folder}".rstrip("/")
        with self._reported("cannot be listed"):
            # Asking whether a folder is a file costs a round trip: only what may be one is asked.
            looks_like_a_file = folder == "" and PurePosixPath(self._root).suffix != ""
            if looks_like_a_file and self._fs.isfile(self._root):
                found = {self._root: self._fs.info(self._root)}
            else:
                found = self._found(top)
        files = [
            StoredFile(self._below(path), int(info.get("size") or 0), self._tag(info))
            for path, info in found.items()
            if info.get("type") == "file"
        ]
        if folder == "":
            self._is_single = list(found) == [self._root]
            if not files:
                # An address with a slip of the pen must not look like a bill of nothing.
                raise SourceError(
                    self._source.name,
                    f"{self._source.url} holds no file: it is empty, or no such bucket or folder.",
                    _CHECK_ADDRESS,
                )
        return sorted(files, key=lambda file: file.path)

    def _found(self, top: str) -> dict[str, Any]:
        try:
            found = self._fs.find(top, detail=True)
        except FileNotFoundError:
            return {}
        # Azure's client answers with a bare name when the folder is a file.
        return found if isinstance(found, dict) else {path: self._fs.info(path) for path in found}

    def read(self, path: str) -> bytes:
        """Return the bytes of a small file.

        Raises:
            SourceError: The file cannot be read.
        """
        with self._reported(f"file {path} cannot be read"):
            return cast(bytes, self._fs.cat_file(self._full(path)))

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """Open a file for reading its bytes in order, while the block runs.

        Raises:
            SourceError: The file cannot be opened, or the connection breaks while it is read.
        """
        with self._reported(f"file {path} cannot be opened"):
            handle = self._fs.open(self._full(path), "rb")
        with handle:
            yield cast(BinaryIO, _ReportingReader(handle, self, path))

    @contextmanager
    def in_memory(self, path: str) -> Iterator[MemoryFile]:
        """Hold a file in memory while the block runs: what may not be copied to disk.

        Raises:
            SourceError: The file cannot be read.
        """
        memory = fsspec.filesystem("memory")
        name = f"/{uuid.uuid4().hex}/{path.rsplit('/', 1)[-1]}"
        memory.pipe_file(name, self.read(path))
        try:
            yield MemoryFile(memory, name)
        finally:
            memory.rm_file(name)

    def local_path(self, path: str) -> Path | None:
        """Return a file's path on this machine, None when it is on another."""
        return Path(self._full(path)) if self._is_local else None

    def _full(self, path: str) -> str:
        if self._is_single is None:
            self._is_single = bool(self._fs.isfile(self._root))
        return self._root if self._is_single else f"{self._root.rstrip('/')}/{path}"

    def _below(self, path: str) -> str:
        root = self._root.rstrip("/")
        return path[len(root) + 1 :] if path.startswith(root + "/") else path.rsplit("/", 1)[-1]

    def _tag(self, info: Mapping[str, Any]) -> str:
        # Google's hashes come before its etag, which changes with a file's labels too.
        for name in ("ETag", "md5Hash", "crc32c", "etag"):
            if info.get(name):
                return str(info[name])
        if self._is_local:
            # ctime cannot be set back as mtime can, so a replaced file always shows.
            status = Path(str(info["name"])).stat()
            return f"{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}-{status.st_ino}"
        return f"{info.get('size')}-{info.get('last_modified') or info.get('updated')}"

    @contextmanager
    def _reported(self, what: str) -> Iterator[None]:
        """Put whatever a vendor's client raises in our words.

        Their kinds of errors have no common parent, and one that got through would end the run of
        every other source.
        """
        try:
            yield
        except SourceError:
            raise
        except Exception as error:
            # Some stores put signed addresses into their messages: only the kind of error is told.
            raise SourceError(
                self._source.name, f"{self._source.url} {what}: {_kind(error)}.", _CHECK_ADDRESS
            ) from None


class FileTarget:
    """A folder, here or in an object store, that files are put into, each whole or not at all.

    Args:
        name: Who writes, for naming it in errors.
        url: The folder.
    """

    def __init__(self, name: str, url: str) -> None:
        self._store = ObjectStore(SourceConfig(name=name, kind="focus", url=url, options={}))
        self._name = name

    def fault(self, reason: str, remedy: str) -> SourceError:
        """Return an error that names the writer."""
        return SourceError(self._name, reason, remedy)

    def read(self, path: str) -> bytes | None:
        """Return the bytes of a small file, None where there is none."""
        return None if self.size(path) is None else self._store.read(path)

    def size(self, path: str) -> int | None:
        """Return a file's bytes as a number, None where there is none."""
        with self._store._reported(f"file {path} cannot be looked at"):
            try:
                return int(self._store._fs.info(self._full(path))["size"])
            except FileNotFoundError:
                return None

    def put(self, file: Path, path: str) -> None:
        """Copy a file of this machine into the folder, in the place of what was there."""
        with self._store._reported(f"file {path} cannot be written"):
            local = self._local(path)
            if local is None:
                # A store shows an object when its last byte has arrived.
                self._store._fs.put_file(str(file), self._full(path))
                return
            local.parent.mkdir(parents=True, exist_ok=True)
            # No reader takes a file of this ending for a bill.
            partial = local.with_name(f".{local.name}.part")
            with file.open("rb") as source, partial.open("wb") as sink:
                shutil.copyfileobj(source, sink)
                sink.flush()
                os.fsync(sink.fileno())
            os.replace(partial, local)

    def write(self, path: str, content: bytes) -> None:
        """Write a small file, in the place of what was there."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "content"
            file.write_bytes(content)
            self.put(file, path)

    def remove(self, path: str) -> None:
        """Remove a file; one that is gone already is no fault."""
        with self._store._reported(f"file {path} cannot be removed"):
            if self.size(path) is not None:
                self._store._fs.rm_file(self._full(path))

    def _full(self, path: str) -> str:
        return f"{self._store._root.rstrip('/')}/{path}"

    def _local(self, path: str) -> Path | None:
        return Path(self._full(path)) if self._store._is_local else None


class _ReportingReader:
    """A stream whose faults are reported like those of its store."""

    def __init__(self, handle: Any, store: ObjectStore, path: str) -> None:
        self._handle, self._store, self._path = handle, store, path

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        with self._store._reported(f"file {self._path} cannot be read to its end"):
            return cast(bytes, self._handle.read(size))


def _names_a_secret(options: object) -> bool:
    """Say whether a key at any depth of the options sounds like that of a secret."""
    if isinstance(options, Mapping):
        return any(
            any(word in str(name).lower() for word in _SECRET_WORDS) or _names_a_secret(value)
            for name, value in options.items()
        )
    return isinstance(options, list) and any(_names_a_secret(value) for value in options)


def _kind(error: BaseException) -> str:
    """Return the kind of an error and, where the vendor gives one, its code."""
    kinds = [type(error).__name__]
    for known in (error, error.__cause__):
        code = getattr(known, "error_code", None) or getattr(known, "code", None)
        response = getattr(known, "response", None)
        if isinstance(response, Mapping):
            code = response.get("Error", {}).get("Code")
        if isinstance(code, str | int) and re.fullmatch(r"[A-Za-z0-9_.]{1,60}", str(code)):
            kinds.append(str(code))
    if isinstance(error, OSError) and error.errno is not None and error.strerror:
        kinds.append(error.strerror)
    return " ".join(dict.fromkeys(kinds))


def _protocols(filesystem: Any) -> tuple[str, ...]:
    protocol = filesystem.protocol
    return (protocol,) if isinstance(protocol, str) else tuple(protocol)
