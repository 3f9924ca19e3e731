"""S3 Vectors finds by wording."""

import time

import numpy as np
import pytest

from tests.support.stand_in import Json, keys, make_index, vector

type FullTextClient = Json
"""An S3 Vectors client; the type stubs do not know full text yet."""


TEXTS = (
    "Revenues rose on services.",
    "The revenue of services, services and more services.",
    "Nothing of the kind is said here.",
    "Oil prices fell.",
)


@pytest.fixture(scope="module")
def index(vectors: FullTextClient) -> str:
    arn = make_index(vectors)
    rows = np.eye(4, dtype=np.float32).tolist()
    stored = [vector(str(i), rows[i], text=text, even=i % 2 == 0) for i, text in enumerate(TEXTS)]
    vectors.put_vectors(indexArn=arn, vectors=stored[:2])
    searchable = [{"metadataKey": "text", "language": "en"}]
    vectors.update_metadata_configuration(
        indexArn=arn,
        add={"textSearchConfigurations": searchable},
    )
    with pytest.raises(vectors.exceptions.ValidationException, match="being built"):
        ask(vectors, arn, "revenue")
    await_active(vectors, arn)
    vectors.put_vectors(indexArn=arn, vectors=stored[2:])
    return arn


def ask(vectors: FullTextClient, index: str, text: str, **options: Json) -> Json:
    question = [{"metadataKey": "text", "text": text}]
    return vectors.query_vectors(
        indexArn=index,
        topK=options.pop("topK", 10),
        queryTexts=question,
        returnScores=True,
        **options,
    )


def test_words_are_found_by_stem_and_ranked_by_bm25(vectors: FullTextClient, index: str) -> None:
    found = ask(vectors, index, "service revenues")["vectors"]
    assert [each["key"] for each in found] == ["1", "0"]
    scores = [each["scores"]["bm25Scores"][0]["score"] for each in found]
    assert scores[0] > scores[1] > 0


def test_only_matches_that_pass_the_filter(vectors: FullTextClient, index: str) -> None:
    assert keys(ask(vectors, index, "services", filter={"even": True})) == ["0"]
    assert keys(ask(vectors, index, "zebra")) == []


def test_a_hybrid_query_fuses_both_rankings(vectors: FullTextClient, index: str) -> None:
    near_oil = {"float32": [0.1, 0.0, 0.0, 1.0]}
    found = ask(vectors, index, "revenues", queryVector=near_oil, returnDistance=True)
    by_key = {each["key"]: each for each in found["vectors"]}
    assert set(by_key) == {"0", "1", "2", "3"}
    assert by_key["3"]["scores"]["bm25Scores"] == []
    assert by_key["3"]["distance"] == by_key["3"]["scores"]["vectorDistance"]
    fused = [each["scores"]["fused"] for each in found["vectors"]]
    assert fused == sorted(fused, reverse=True)


def test_a_replaced_or_deleted_text_is_not_found(vectors: FullTextClient) -> None:
    index = make_index(vectors)
    searchable = [{"metadataKey": "text"}]
    vectors.update_metadata_configuration(
        indexArn=index,
        add={"textSearchConfigurations": searchable},
    )
    await_active(vectors, index)
    vectors.put_vectors(
        indexArn=index, vectors=[vector("a", text="gold"), vector("b", text="gold")]
    )
    vectors.put_vectors(indexArn=index, vectors=[vector("a", text="silver")])
    vectors.delete_vectors(indexArn=index, keys=["b"])
    assert keys(ask(vectors, index, "gold")) == []
    assert keys(ask(vectors, index, "silver")) == ["a"]


def test_a_key_must_be_made_searchable_once(vectors: FullTextClient, index: str) -> None:
    again: Json = {"textSearchConfigurations": [{"metadataKey": "text"}]}
    with pytest.raises(vectors.exceptions.ConflictException):
        vectors.update_metadata_configuration(indexArn=index, add=again)
    with pytest.raises(vectors.exceptions.ValidationException, match="not full-text"):
        vectors.query_vectors(
            indexArn=index, topK=1, queryTexts=[{"metadataKey": "even", "text": "x"}]
        )


def await_active(vectors: FullTextClient, index: str) -> None:
    """Poll as a client must: the service offers no other way to hear of it."""
    statuses: set[str] = set()
    while statuses != {"ACTIVE"}:  # the test's timeout ends it
        time.sleep(0.1)
        configuration = vectors.get_index(indexArn=index)["index"]["metadataConfiguration"]
        statuses = {each["status"] for each in configuration["textSearchConfigurations"]}
