"""A Wan VACE pipeline with random weights, half a megabyte on disk: what it draws is noise, how it is loaded is real.

Run as a program, so that the tests' own process loads no torch: python tiny_model.py FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKLWan, FlowMatchEulerDiscreteScheduler, WanVACEPipeline, WanVACETransformer3DModel
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import PreTrainedTokenizerFast, UMT5Config, UMT5EncoderModel

WORDS = ("<pad>", "</s>", "<unk>", "she", "smiles", "laughs")


def build(folder: Path) -> None:
    """Save the pipeline as a folder that `from_pretrained` opens; the same weights every time."""
    torch.manual_seed(0)
    words = Tokenizer(WordLevel({word: n for n, word in enumerate(WORDS)}, unk_token="<unk>"))
    words.pre_tokenizer = Whitespace()
    text = UMT5Config(vocab_size=len(WORDS), d_model=32, d_kv=8, d_ff=32, num_layers=2, num_heads=4)
    WanVACEPipeline(
        tokenizer=PreTrainedTokenizerFast(
            tokenizer_object=words, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
        ),
        text_encoder=UMT5EncoderModel(text),
        transformer=WanVACETransformer3DModel(
            num_attention_heads=2, attention_head_dim=12, text_dim=32, ffn_dim=32, num_layers=3, vace_layers=[0, 2],
            rope_max_seq_len=32,
        ),
        vae=AutoencoderKLWan(base_dim=3, dim_mult=[1, 1, 1, 1], num_res_blocks=1),
        scheduler=FlowMatchEulerDiscreteScheduler(),
    ).save_pretrained(folder)  # fmt: skip


if __name__ == "__main__":
    build(Path(sys.argv[1]))
