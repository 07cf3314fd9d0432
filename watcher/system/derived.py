"""What can always be made again from the records: pages, the index, summaries. Written whole, never awaited.

No fsync, and what stood there before is replaced: a crash leaves the old one or the new one, and the records
have everything. Nothing that was dropped or judged goes this way.
"""

from __future__ import annotations

from processing import storage
from watcher.system.directories import folder_in
from watcher.system.filesystem import FileSystem

TMP_PREFIX = storage.TMP_PREFIX


def write(fs: FileSystem, data_dir: bytes, path: bytes, content: bytes) -> None:
    """Put `content` in place of the file at `path`, relative to the data folder; its folder is there."""
    with folder_in(fs, data_dir, path) as folder:
        storage.replace(fs, path.rpartition(b"/")[2], folder, content, sync=False)


def read(fs: FileSystem, data_dir: bytes, path: bytes, most: int) -> bytes:
    """Return at most `most` bytes of the file at `path` below the data folder; none if it cannot be read."""
    try:
        with folder_in(fs, data_dir, path) as folder:
            descriptor = fs.open_file(path.rpartition(b"/")[2], folder)
            try:
                content = b""
                while len(content) < most and (chunk := fs.read(descriptor, most - len(content))):
                    content += chunk
                return content
            finally:
                fs.close(descriptor)
    except OSError:
        return b""
