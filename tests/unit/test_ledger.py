"""The ledger: whatever is called, fails or dies, what is spent stays within the budget."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
)

from alex.research.jobs import Budget
from researcher.checkpoint import Checkpoint
from researcher.llm.ledger import Call, CallOutcome, CapReached, Ledger, Spending
from researcher.llm.prices import FlatTariff, Tokens

FLAT = FlatTariff(Decimal(1000), Decimal(2000))
"""A tenth of a cent and a fifth of one for a token."""


class Texts:
    """A text store in memory."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def put(self, key: str, text: str) -> None:
        self.texts[key] = text

    def get(self, key: str) -> str | None:
        return self.texts.get(key)

    def delete(self, key: str) -> None:
        self.texts.pop(key, None)


def ledger(texts: Texts | None = None, *, usd: float = 1.0, turns: int = 30) -> Ledger:
    return Ledger(Budget(usd=usd, turns=turns), FLAT, Checkpoint(texts or Texts(), "job"))


def test_a_call_costs_its_reserve_until_it_is_settled() -> None:
    books = ledger()
    call = books.reserve("a", Tokens(100, 100))
    assert books.usd == Decimal("0.3")
    books.answered(call, Tokens(50, 10), "answer")
    assert books.usd == Decimal("0.07")


@pytest.mark.parametrize(("charged", "usd"), [(True, "0.3"), (False, "0")])
def test_a_failed_call_costs_its_reserve_unless_it_was_refused(charged: bool, usd: str) -> None:
    books = ledger()
    books.failed(books.reserve("a", Tokens(100, 100)), charged=charged)
    assert books.usd == Decimal(usd)


@pytest.mark.parametrize("tokens", [Tokens(), Tokens(0, 0, cached=5)])
def test_tokens_that_are_not_counted_cost_the_reserve(tokens: Tokens) -> None:
    books = ledger()
    books.answered(books.reserve("a", Tokens(100, 100)), tokens, "answer")
    assert books.usd == Decimal("0.3")


def test_the_cap_may_be_reached_and_not_passed() -> None:
    books = ledger(usd=0.3)
    books.reserve("a", Tokens(100, 100))
    with pytest.raises(CapReached, match=r"The budget of \$0\.30 allows no other model call"):
        books.reserve("b", Tokens(1, 0))
    assert len(books.calls) == 1


def test_a_server_that_takes_more_than_it_may_is_not_asked_again() -> None:
    books = ledger(usd=0.3)
    books.answered(books.reserve("a", Tokens(100, 100)), Tokens(1000, 1000), "answer")
    assert books.usd == 3  # said as it is
    with pytest.raises(CapReached):
        books.reserve("b", Tokens(0, 0))


def test_calls_are_counted_failed_ones_too() -> None:
    books = ledger(turns=2)
    books.failed(books.reserve("a", Tokens()), charged=False)
    books.reserve("b", Tokens())
    with pytest.raises(CapReached, match="The budget of 2 model calls"):
        books.reserve("c", Tokens())


def test_what_is_kept_back_is_there_afterwards() -> None:
    books = ledger(usd=0.4, turns=3)
    with books.holding_back(Tokens(100, 100), 2):
        books.reserve("a", Tokens(50, 25))
        with pytest.raises(CapReached):
            books.reserve("b", Tokens(1, 0))
    books.reserve("draft", Tokens(100, 100))


def test_a_model_without_a_price_is_held_to_its_calls_alone() -> None:
    books = Ledger(Budget(usd=0, turns=2), None, Checkpoint(Texts(), "job"))
    books.answered(books.reserve("a", Tokens(10**9, 10**9)), Tokens(5, 5), "answer")
    assert "usd" not in books.cost()
    assert books.cost()["input_tokens"] == 5


def test_a_run_that_goes_on_has_spent_what_it_spent_and_knows_the_answers() -> None:
    texts = Texts()
    books = ledger(texts)
    books.answered(books.reserve("a", Tokens(100, 100)), Tokens(50, 10), "first")
    books.reserve("b", Tokens(100, 100))  # its process dies here
    books.reach("A cap.")
    again = ledger(texts)
    assert again.usd == Decimal("0.37")
    assert again.reached == ["A cap."]
    assert again.replay("a") == "first"
    assert again.replay("b") is None


def test_an_answer_is_given_again_once_and_not_to_who_had_it() -> None:
    texts = Texts()
    books = ledger(texts)
    for answer in ("first", "second"):  # the same question twice, for its first answer was no use
        assert books.replay("a") is None
        books.answered(books.reserve("a", Tokens(1, 1)), Tokens(1, 1), answer)
    again = ledger(texts)
    assert [again.replay("a") for _ in range(3)] == ["first", "second", None]


def test_the_seconds_of_all_attempts_count() -> None:
    checkpoint = Checkpoint(Texts(), "job")
    for began, ended, seconds in ((7, 107, 100), (500, 503, 103)):
        moments = iter([began, ended, ended])
        books = Ledger(Budget(), FLAT, checkpoint, clock=moments.__next__)
        books.reach(f"A cap at {ended}.")  # is written down with the seconds so far
        assert books.seconds == seconds


def test_calls_at_once_stay_within_the_cap() -> None:
    books = ledger(usd=1.0, turns=10_000)

    def call(number: int) -> None:
        try:
            made = books.reserve(str(number), Tokens(10, 10))
        except CapReached:
            return
        if number % 3:
            books.failed(made, charged=number % 2 == 0)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(call, range(400)))
    assert books.usd <= 1


counts = st.integers(0, 300)


class Run(RuleBasedStateMachine):
    """Calls that are made, answered, refused, cut off; and runs that die and go on."""

    under_way = Bundle("under_way")

    @initialize(usd=st.sampled_from([0.0, 0.25, 0.5, 1.0, 1.1]), turns=st.integers(1, 12))
    def begin(self, usd: float, turns: int) -> None:
        self.texts, self.cap, self.turns = Texts(), usd, turns
        self.books = ledger(self.texts, usd=usd, turns=turns)
        self.sent = 0
        self.limits: dict[int, Tokens] = {}

    @rule(target=under_way, key=st.sampled_from("abc"), input_=counts, output=counts)
    def call(self, key: str, input_: int, output: int) -> tuple[Ledger, Call] | None:
        try:
            call = self.books.reserve(key, Tokens(input_, output))
        except CapReached:
            return None
        self.sent += 1
        self.limits[id(call)] = Tokens(input_, output)
        return self.books, call

    @rule(made=consumes(under_way), share=st.floats(0, 1), cached=st.floats(0, 1))
    def answer(self, made: tuple[Ledger, Call] | None, share: float, cached: float) -> None:
        if made and made[0] is self.books:
            limit = self.limits[id(made[1])]
            used = int(limit.input * share)
            tokens = Tokens(used, int(limit.output * share), int(used * cached))
            self.books.answered(made[1], tokens, "answer")

    @rule(made=consumes(under_way), charged=st.booleans())
    def fail(self, made: tuple[Ledger, Call] | None, charged: bool) -> None:
        if made and made[0] is self.books:
            self.books.failed(made[1], charged=charged)

    @rule()
    def die_and_go_on(self) -> None:
        spent = self.books.usd
        self.books = ledger(self.texts, usd=self.cap, turns=self.turns)
        assert self.books.usd == spent

    @invariant()
    def never_more_than_the_budget(self) -> None:
        if hasattr(self, "books"):
            assert self.books.usd <= Decimal(str(self.cap))
            assert self.books.cost()["usd"] <= self.cap
            assert self.sent <= self.turns

    @invariant()
    def what_is_spent_is_written_down(self) -> None:
        if hasattr(self, "books"):
            kept = Checkpoint(self.texts, "job").load("calls", Spending) or Spending()
            assert kept.usd == self.books.usd


Run.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestRun = Run.TestCase


@given(st.dictionaries(st.sampled_from(list(CallOutcome)), st.integers(0, 5)))
def test_the_cost_counts_every_call(made: Mapping[CallOutcome, int]) -> None:
    books = ledger(usd=50, turns=100)
    for outcome, number in made.items():
        for _ in range(number):
            call = books.reserve("a", Tokens(10, 10))
            if outcome is CallOutcome.ANSWERED:
                books.answered(call, Tokens(5, 5, 2), "answer")
            elif outcome is not CallOutcome.SENT:
                books.failed(call, charged=outcome is CallOutcome.FAILED)
    cost, answered = books.cost(), made.get(CallOutcome.ANSWERED, 0)
    assert cost["requests"] == sum(made.values())
    assert cost["failed_requests"] == sum(made.values()) - answered
    assert (cost["input_tokens"], cost["output_tokens"]) == (5 * answered, 5 * answered)
    assert cost["cached_tokens"] == 2 * answered
