"""A home folder with the stores of model programs in it, laid out as those programs do."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"
OLDER = "fedcba9876543210fedcba9876543210fedcba98"
_MEDIA = "application/vnd.ollama.image."


def put(path: Path, content: bytes | str) -> Path:
    """A file with all folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def sha256(content: bytes) -> str:
    """The digest in hex."""
    return hashlib.sha256(content).hexdigest()


def git_sha1(content: bytes) -> str:
    """The name that git gives a blob: how the hub names small files."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class FakeHome:
    """Writes stores below `home`. Everything else of the machine is `root`, empty at first."""

    def __init__(self, base: Path) -> None:
        self.home, self.root = base / "home" / "someone", base / "root"
        self.home.mkdir(parents=True)
        self.root.mkdir()
        self.environ: dict[str, str] = {"USER": "someone"}

    @property
    def hub(self) -> Path:
        """The Hugging Face cache."""
        return self.home / ".cache" / "huggingface" / "hub"

    def huggingface(
        self,
        repo: str,
        files: Mapping[str, bytes],
        *,
        commit: str = COMMIT,
        current: bool = True,
        links: bool = True,
        shared: bool = False,
        hub: Path | None = None,
    ) -> Path:
        """A repository in the cache; the folder of its snapshot.

        `links` False writes plain files, as on Windows; `shared` puts blobs into the store that
        repositories share.
        """
        cache = hub or self.hub
        put(cache / "CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n")
        folder = cache / ("models--" + repo.replace("/", "--"))
        (folder / "blobs").mkdir(parents=True, exist_ok=True)
        if current:
            put(folder / "refs" / "main", commit)
        snapshot = folder / "snapshots" / commit
        for name, content in files.items():
            self._hub_file(cache, folder, snapshot / name, content, links, shared)
        put(folder / "trees" / f"{commit}.json", json.dumps(sorted(files)))
        return snapshot

    def _hub_file(
        self, cache: Path, folder: Path, path: Path, content: bytes, links: bool, shared: bool
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not links:
            put(path, content)
            return
        large = path.suffix in (".gguf", ".safetensors")
        etag = sha256(content) if large else git_sha1(content)
        blob = folder / "blobs" / etag
        put(cache / ".locks" / folder.name / f"{etag}.lock", "")
        if shared and large:
            xet = sha256(b"xet" + content)
            real = put(cache / "blobs" / xet[:2] / xet, content)
            blob.symlink_to(os.path.relpath(real, blob.parent))
        elif not blob.exists():
            put(blob, content)
        path.symlink_to(os.path.relpath(blob, path.parent))

    def unfinished(self, repo: str, size: int) -> Path:
        """A download into the cache that was cut off."""
        folder = self.hub / ("models--" + repo.replace("/", "--")) / "blobs"
        return put(folder / f"{'ab' * 32}.1a2b3c4d.incomplete", b"x" * size)

    def lmstudio(self, repo: str, files: Mapping[str, bytes], *, root: Path | None = None) -> Path:
        """PUBLISHER/REPO with files; the folder."""
        folder = (root or self.home / ".lmstudio" / "models") / repo
        for name, content in files.items():
            put(folder / name, content)
        return folder

    @property
    def ollama_root(self) -> Path:
        """Ollama's folder of models."""
        return self.home / ".ollama" / "models"

    def ollama(
        self,
        name: str,
        model: bytes | None,
        *,
        projector: bytes | None = None,
        config: Mapping[str, Any] | None = None,
        root: Path | None = None,
        separator: str = "-",
    ) -> Path:
        """A model by the name that Ollama shows; its manifest. `model` None: one in the cloud."""
        base = root or self.ollama_root
        layers = [("model", model), ("projector", projector)]
        rows = [self._ollama_blob(base, _MEDIA + kind, body, separator) for kind, body in layers
                if body is not None]  # fmt: skip
        rows.append(self._ollama_blob(base, _MEDIA + "template", b"{{ .Prompt }}", separator))
        body = json.dumps(dict(config or {"model_format": "gguf"})).encode()
        media = "application/vnd.docker.container.image.v1+json"
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "config": self._ollama_blob(base, media, body, separator),
            "layers": rows,
        }
        path, _, tag = name.rpartition(":")
        parts = path.split("/")
        if len(parts) < 3:
            parts = ["registry.ollama.ai", *(["library"] if len(parts) == 1 else []), *parts]
        return put(base.joinpath("manifests", *parts, tag), json.dumps(manifest))

    def _ollama_blob(self, base: Path, media: str, body: bytes, separator: str) -> dict[str, Any]:
        put(base / "blobs" / f"sha256{separator}{sha256(body)}", body)
        return {"mediaType": media, "digest": f"sha256:{sha256(body)}", "size": len(body)}

    def llamacpp(self, owner: str, repo: str, file: str, content: bytes) -> Path:
        """A download of an older llama.cpp, with the files that lie beside it."""
        folder = self.home / ".cache" / "llama.cpp"
        path = put(folder / f"{owner}_{repo}_{file}", content)
        put(folder / f"{path.name}.etag", '"abc"')
        put(folder / f"manifest={owner}={repo}=latest.json", "{}")
        return path

    def jan(self, model: str, content: bytes, *, projector: bytes | None = None) -> Path:
        """A model of Jan with its model.yml."""
        data = self.home / ".local" / "share" / "Jan" / "data"
        folder = data / "llamacpp" / "models" / model
        rows = [
            f"model_path: llamacpp/models/{model}/model.gguf",
            f"name: {model}",
            f"size_bytes: {len(content)}",
            "embedding: false",
        ]
        if projector is not None:
            put(folder / "mmproj.gguf", projector)
            rows.append(f"mmproj_path: llamacpp/models/{model}/mmproj.gguf")
        put(folder / "model.yml", "\n".join(rows) + "\n")
        return put(folder / "model.gguf", content)

    def gpt4all(self, file: str, content: bytes) -> Path:
        """A model of GPT4All."""
        return put(self.home / ".local" / "share" / "nomic.ai" / "GPT4All" / file, content)

    def ramalama(self, model: str, tag: str, file: str, content: bytes) -> Path:
        """A model of RamaLama: TYPE/ORG/NAME."""
        folder = self.home / ".local" / "share" / "ramalama" / "store" / model
        blob = put(folder / "blobs" / f"sha256-{sha256(content)}", content)
        digest = f"sha256:{sha256(file.encode())}"
        snapshot = folder / "snapshots" / digest.replace(":", "-")
        snapshot.mkdir(parents=True)
        (snapshot / file).symlink_to(os.path.relpath(blob, snapshot))
        row = {
            "version": "v1.0.1",
            "hash": digest,
            "path": str(folder / "refs" / f"{tag}.json"),
            "files": [{"hash": f"sha256:{sha256(content)}", "name": file, "type": "model"}],
        }
        return put(folder / "refs" / f"{tag}.json", json.dumps(row))
