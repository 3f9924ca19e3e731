"""Where ministack's CloudFormation falls short of AWS's on what a stack of ours has."""

from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import provisioners

type Properties = dict[str, Any]


def install() -> None:
    """Close the gaps.

    Alarms over an expression of metrics are made as alarms over its first metric: no check relies
    on them. Variables of functions are strings, whatever the type of the parameter behind them.
    """
    record = provisioners._cw_metric_alarm_record  # noqa: SLF001 - no public seam

    def over_first_metric(name: str, properties: Properties) -> Any:  # noqa: ANN401 - ministack's
        return record(name, _of_one_metric(properties))

    provisioners._cw_metric_alarm_record = over_first_metric  # noqa: SLF001 - no public seam
    function = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]  # noqa: SLF001 - no public seam
    for act in ("create", "update"):
        function[act] = _with_text_variables(function[act])


def _with_text_variables(act: Callable[..., Any]) -> Callable[..., Any]:
    """A handler whose properties come with variables as CloudFormation hands them over."""

    def acting(*arguments: Any) -> Any:  # noqa: ANN401 - ministack's
        return act(*(_text_variables(each) for each in arguments))

    return acting


def _text_variables(argument: Any) -> Any:  # noqa: ANN401 - ids pass, properties are changed
    if not isinstance(argument, dict) or "Environment" not in argument:
        return argument
    variables = argument["Environment"].get("Variables", {})
    text = {name: str(value) for name, value in variables.items()}
    return argument | {"Environment": {"Variables": text}}


def _of_one_metric(properties: Properties) -> Properties:
    measured = [
        each["MetricStat"] for each in properties.get("Metrics", []) if "MetricStat" in each
    ]
    if not measured:
        return properties
    first = measured[0]
    rest = {name: value for name, value in properties.items() if name != "Metrics"}
    return rest | {"Statistic": first["Stat"], "Period": first["Period"], **first["Metric"]}
