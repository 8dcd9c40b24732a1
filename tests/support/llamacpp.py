"""The real server of llama.cpp on a tiny model of random weights: `python -m ... PORT`.

Needs gguf, numpy and xllamacpp. What it says means nothing; how it says it is llama.cpp.
"""

from __future__ import annotations

import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

CONTEXT, WIDTH, HEADS, INNER = 512, 32, 2, 64
TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\n' + message.content"
    " + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def tokens() -> list[tuple[bytes, int]]:
    """The vocabulary: three marks, every byte, and the letters that answers are made of."""
    from gguf import TokenType

    control = [b"<s>", b"</s>", b"<|im_start|>", b"<|im_end|>"]
    plain = ["\u2581".encode(), *(bytes([letter]) for letter in b"abcdefghijklmnopqrstuvwxyz .,")]
    return [
        (b"<unk>", int(TokenType.UNKNOWN)),
        *((word, int(TokenType.CONTROL)) for word in control),
        *((b"<0x%02X>" % byte, int(TokenType.BYTE)) for byte in range(256)),
        *((word, int(TokenType.NORMAL)) for word in plain),
    ]


def write_model(path: Path) -> None:
    """Write the model: one layer of random numbers, the same each time."""
    import numpy
    from gguf import GGUFWriter

    rows = tokens()
    file = GGUFWriter(str(path), "llama")
    file.add_context_length(CONTEXT)
    file.add_embedding_length(WIDTH)
    file.add_block_count(1)
    file.add_feed_forward_length(INNER)
    file.add_head_count(HEADS)
    file.add_layer_norm_rms_eps(1e-5)
    file.add_rope_dimension_count(WIDTH // HEADS)
    file.add_vocab_size(len(rows))
    file.add_tokenizer_model("llama")
    file.add_token_list([word for word, _ in rows])
    file.add_token_scores([0.0] * len(rows))
    file.add_token_types([kind for _, kind in rows])
    file.add_bos_token_id(1)
    file.add_eos_token_id(2)
    file.add_eot_token_id(4)
    file.add_add_space_prefix(False)
    file.add_chat_template(TEMPLATE)
    random = numpy.random.default_rng(0)
    shapes = {
        "token_embd": (len(rows), WIDTH), "output": (len(rows), WIDTH), "output_norm": (WIDTH,),
        "blk.0.attn_norm": (WIDTH,), "blk.0.ffn_norm": (WIDTH,),
        "blk.0.attn_q": (WIDTH, WIDTH), "blk.0.attn_k": (WIDTH, WIDTH),
        "blk.0.attn_v": (WIDTH, WIDTH), "blk.0.attn_output": (WIDTH, WIDTH),
        "blk.0.ffn_gate": (INNER, WIDTH), "blk.0.ffn_up": (INNER, WIDTH),
        "blk.0.ffn_down": (WIDTH, INNER),
    }  # fmt: skip
    for name, shape in shapes.items():
        file.add_tensor(f"{name}.weight", random.standard_normal(shape).astype("float32"))
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()


def main(port: int) -> None:
    """Serve until a signal."""
    import xllamacpp

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tiny.gguf"
        write_model(path)
        params: Any = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_parallel = 2
        params.n_ctx = CONTEXT * params.n_parallel
        params.n_predict = 64
        params.port = port
        params.use_jinja = True
        server = xllamacpp.Server(params)
        signal.sigwait({signal.SIGTERM, signal.SIGINT})
        del server


if __name__ == "__main__":
    main(int(sys.argv[1]))
