"""Stopped before any write and repeated, a call ends as if it had never been stopped."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alex.errors import NotFound
from alex.knowledge.base import KnowledgeBase
from alex.knowledge.cleanup import LEASE
from alex.knowledge.documents import Attributes, Submission
from tests.support.stores import Stopped, Stores, Writes, stop

NONE: dict[str, set[str]] = {"passages": set(), "texts": set()}

BYSTANDER = Submission("Apples of another orchard\nRipe in autumn", id="bystander")
OLD = Submission("Apples grew\nPears fell\nPlums stayed", id="fruit", title="Fruit")
NEW = replace(OLD, text="Apples fell\nPears fell\nCherries came\nPlums stayed")
OTHER = replace(OLD, text="Quinces\nPears fell")
TAGGED = replace(OLD, attributes=Attributes(tickers=("FRT",), kind="report"))

type Step = Callable[[KnowledgeBase], object]


def ingest(*submissions: Submission) -> Step:
    return lambda knowledge: [knowledge.ingest(submission) for submission in submissions]


def ingest_batch(*submissions: Submission) -> Step:
    return lambda knowledge: knowledge.ingest_many(submissions)


def delete(document_id: str) -> Step:
    """A delete that may be a repeated one."""

    def step(knowledge: KnowledgeBase) -> None:
        try:
            knowledge.delete(document_id)
        except NotFound:
            assert document_id not in {d.id for d in knowledge.list().items}

    return step


@dataclass(frozen=True)
class Story:
    """What was there, the step that is stopped, and the step that is then done to its end."""

    before: Step
    stopped: Step
    then: Step
    allowed: tuple[str | None, ...]
    """Texts that `fruit` may have after the stop; None where it may be missing."""


STORIES = {
    "first ingest": Story(ingest(), ingest(OLD), ingest(OLD), (None, OLD.text)),
    "replacement": Story(ingest(OLD), ingest(NEW), ingest(NEW), (OLD.text, NEW.text)),
    "attributes": Story(ingest(OLD), ingest(TAGGED), ingest(TAGGED), (OLD.text,)),
    "delete": Story(ingest(OLD), delete("fruit"), delete("fruit"), (OLD.text, None)),
    "then other content": Story(ingest(OLD), ingest(NEW), ingest(OTHER), (OLD.text, NEW.text)),
    "then the old content": Story(ingest(OLD), ingest(NEW), ingest(OLD), (OLD.text, NEW.text)),
    "first ingest, then other content": Story(
        ingest(), ingest(OLD), ingest(OTHER), (None, OLD.text)
    ),
    "first ingest, then delete": Story(ingest(), ingest(OLD), delete("fruit"), (None, OLD.text)),
    "delete, then the same again": Story(
        ingest(OLD), delete("fruit"), ingest(OLD), (OLD.text, None)
    ),
    "batch": Story(
        ingest(),
        ingest_batch(NEW, replace(OLD, id="second"), OLD),
        ingest_batch(NEW, replace(OLD, id="second"), OLD),
        (None, OLD.text, NEW.text),
    ),
}


@contextmanager
def fresh() -> Iterator[Stores]:
    """Stores in a folder of their own, holding one document that nobody touches."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        stores = Stores(Path(folder))
        stores.knowledge.ingest(BYSTANDER)
        yield stores
        stores.database.close()


def outcome(stores: Stores) -> object:
    """All that a user can see."""
    searches = [stores.found(q) for q in ("apples", "pears fell", "plums", "cherries", "quinces")]
    return stores.contents(), searches


def stops(story: Story) -> Iterator[tuple[int, Stores]]:
    """The stores after a stop before each write of the story, until it runs through."""
    for number in range(200):
        with fresh() as stores:
            story.before(stores.knowledge)
            try:
                story.stopped(stores.watched(Writes(before=number, happens=stop)))
            except Stopped:
                yield number, stores
            else:
                return
    raise AssertionError("the story has no end")


@pytest.mark.parametrize("name", STORIES)
def test_a_step_stopped_anywhere_and_repeated_ends_as_if_never_stopped(name: str) -> None:
    story = STORIES[name]
    with fresh() as stores:
        story.before(stores.knowledge)
        story.then(stores.knowledge)
        expected = outcome(stores)
    count = 0
    for number, stores in stops(story):
        story.then(stores.knowledge)
        assert outcome(stores) == expected, f"stopped before write {number}"
        assert stores.stray() == NONE, f"stopped before write {number}"
        count += 1
    assert count >= 5


@pytest.mark.parametrize("name", STORIES)
def test_after_a_stop_the_old_or_the_new_document_is_whole(name: str) -> None:
    story = STORIES[name]
    for number, stores in stops(story):
        contents = stores.contents()
        text = contents["fruit"][0] if "fruit" in contents else None
        assert text in story.allowed, f"stopped before write {number}"
        found = dict(stores.found("pears fell apples plums cherries")).get("fruit", [])
        assert bool(found) == (text is not None)
        assert set(found) <= set((text or "").split("\n"))


@pytest.mark.parametrize("name", STORIES)
def test_what_nobody_comes_back_for_is_swept_away(name: str) -> None:
    for number, stores in stops(STORIES[name]):
        before = outcome(stores)
        stores.clock.time += LEASE + timedelta(minutes=1)
        stores.knowledge.sweep()
        assert stores.stray() == NONE, f"stopped before write {number}"
        assert stores.catalog.leftovers(stores.clock() + LEASE) == []
        assert outcome(stores) == before


def test_a_repeated_ingest_embeds_only_what_the_stopped_one_did_not_store() -> None:
    lines = "\n".join(f"line {n}" for n in range(10))
    submission = Submission(lines, id="long")
    with fresh() as stores:
        with pytest.raises(Stopped):
            # stage, text, then five of ten entries
            stores.watched(Writes(before=7, happens=stop)).ingest(submission)
        stores.embedder.embedded.clear()
        assert stores.knowledge.ingest(submission).outcome == "created"
        assert stores.embedder.embedded == [f"line {n}" for n in range(5, 10)]


VARIANTS = {"old": OLD, "new": NEW, "other": OTHER, "tagged": TAGGED}


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([*VARIANTS, "delete"]), st.none() | st.integers(0, 25)),
        max_size=6,
    ),
    st.sampled_from(list(VARIANTS)),
)
def test_after_any_number_of_stops_one_finished_call_sets_everything_right(
    history: list[tuple[str, int | None]], last: str
) -> None:
    def step(name: str) -> Step:
        return delete("fruit") if name == "delete" else ingest(VARIANTS[name])

    with fresh() as clean:
        clean.knowledge.ingest(VARIANTS[last])
        expected = outcome(clean)
    with fresh() as stores:
        for name, number in history:
            with suppress(Stopped):
                step(name)(stores.watched(Writes(before=number, happens=stop)))
        stores.knowledge.ingest(VARIANTS[last])
        assert outcome(stores) == expected
        assert stores.stray() == NONE
