"""Documents, and a cross-encoder small enough to build on the spot."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from src.rag import reranker
from src.rag.models.retrieval_models import RetrievalResult
from src.rag.retriever import practice_corpus, words

# Nothing in here may be fetched from anywhere.
os.environ["HF_HUB_OFFLINE"] = "1"


@pytest.fixture(autouse=True)
def empty_model_cache() -> Iterator[None]:
    """Every test starts without a loaded model."""
    reranker._MODEL_CACHE.clear()
    yield
    reranker._MODEL_CACHE.clear()


@pytest.fixture
def documents() -> list[RetrievalResult]:
    return practice_corpus()


class FixedScores:
    """Stands for a loaded model: longer texts get better scores."""

    def __init__(self) -> None:
        self.batch_sizes: list[int] = []

    def predict(
        self, pairs: list[list[str]], batch_size: int, show_progress_bar: bool
    ) -> list[float]:
        self.batch_sizes.append(batch_size)
        return [len(text) / 100 for _, text in pairs]


@pytest.fixture
def fixed_scores() -> FixedScores:
    """A stand-in model, loaded under the default model's name."""
    model = FixedScores()
    reranker._MODEL_CACHE[reranker.DEFAULT_MODEL] = model
    return model


@pytest.fixture
def build_model(tmp_path: Path) -> Callable[[], str]:
    """Builds a real cross-encoder with random weights; the folder it is in."""

    def build() -> str:
        # First of all the package this is about: nothing else is worth importing
        # without it.
        import sentence_transformers  # noqa: F401
        import torch
        from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

        folder = tmp_path / "tiny-cross-encoder"
        folder.mkdir()
        known = sorted(set().union(*(words(doc.content) for doc in practice_corpus())))
        vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *known]
        (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n")
        BertTokenizer(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
        torch.manual_seed(7)
        BertForSequenceClassification(
            BertConfig(
                vocab_size=len(vocabulary),
                hidden_size=16,
                num_hidden_layers=1,
                num_attention_heads=2,
                intermediate_size=32,
                max_position_embeddings=128,
                num_labels=1,
                initializer_range=0.5,
            )
        ).save_pretrained(folder)
        return str(folder)

    return build
