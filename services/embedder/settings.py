"""What the embedder can be told."""

from typing import Annotated

from msgspec import Meta

from shared.settings import BaseSettings

Positive = Annotated[int, Meta(ge=1)]
PositiveS = Annotated[float, Meta(gt=0)]


class EmbedderSettings(BaseSettings, frozen=True, kw_only=True):
    embedding_model: str = ""
    """A folder with a BERT sentence model in Hugging Face's layout (mean pooling); empty: all-MiniLM-L6-v2."""
    embedding_aliases: tuple[str, ...] = ()
    """Other names of the model in the API, as in `text-embedding-3-small` for clients that cannot be told."""
    embed_threads: Annotated[int, Meta(ge=0, le=64)] = 0
    """Cores that compute at once; 0: all that this process may use."""
    embed_block_texts: Positive = 8
    """Texts computed at once. A question waits for one block of bulk at most."""
    embed_query_waiting: Positive = 256
    """Texts that may wait in the lane of questions; more are refused."""
    embed_query_patience_s: PositiveS = 2.0
    """A question that waited so long is refused: whoever asked has gone."""
    embed_batch_waiting: Positive = 1024
    """The same for the lane of bulk."""
    embed_batch_patience_s: PositiveS = 60.0
    """The same for the lane of bulk."""
