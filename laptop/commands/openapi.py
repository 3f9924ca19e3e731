"""`alex openapi`."""

from laptop.console import Screen


def openapi() -> None:
    """Print the API's OpenAPI document."""
    from alex.api.openapi import document  # noqa: PLC0415 - the models load slowly

    Screen(as_json=True).data(document())
