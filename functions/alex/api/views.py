"""What every answer of the API is made of."""

from pydantic import BaseModel, ConfigDict, Field

MESSAGES = {
    "created": "The document was added.",
    "replaced": "The document was replaced.",
    "unchanged": "The document is already here, unchanged.",
}


class View(BaseModel):
    """A JSON object of a response."""

    model_config = ConfigDict(frozen=True)


class BadField(View):
    """One bad field of a request, by its dotted path."""

    field: str
    message: str


class ProblemView(View):
    """An error (RFC 9457 problem details)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = Field(
        default=None,
        description="Names the request in the service's log.",
        exclude_if=lambda instance: instance is None,
    )
    errors: list[BadField] = Field(default=[], exclude_if=lambda errors: not errors)
