"""The figures to look at first, and the names they go by in US-GAAP and IFRS."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """A line of a financial statement.

    Attributes:
        name: as reports show it.
        concepts: its possible names, with taxonomy; of those as recent as each other, the first.
    """

    name: str
    concepts: tuple[str, ...]


KEY_MEASURES = (
    Measure(
        "Revenue",
        (
            "us-gaap:Revenues",
            "us-gaap:RevenueFromContractWithCustomerExcludingAssessedTax",
            "us-gaap:RevenueFromContractWithCustomerIncludingAssessedTax",
            "us-gaap:RevenuesNetOfInterestExpense",
            "us-gaap:SalesRevenueNet",
            "us-gaap:SalesRevenueGoodsNet",
            "us-gaap:SalesRevenueServicesNet",
            "ifrs-full:Revenue",
            "ifrs-full:RevenueFromContractsWithCustomers",
        ),
    ),
    Measure("Gross profit", ("us-gaap:GrossProfit", "ifrs-full:GrossProfit")),
    Measure(
        "Operating income",
        ("us-gaap:OperatingIncomeLoss", "ifrs-full:ProfitLossFromOperatingActivities"),
    ),
    Measure(
        "Net income",
        ("us-gaap:NetIncomeLoss", "us-gaap:ProfitLoss", "ifrs-full:ProfitLoss"),
    ),
    Measure(
        "Diluted earnings per share",
        (
            "us-gaap:EarningsPerShareDiluted",
            "us-gaap:EarningsPerShareBasicAndDiluted",
            "us-gaap:IncomeLossFromContinuingOperationsPerDilutedShare",
            "ifrs-full:DilutedEarningsLossPerShare",
        ),
    ),
    Measure(
        "Net cash from operating activities",
        (
            "us-gaap:NetCashProvidedByUsedInOperatingActivities",
            "us-gaap:NetCashProvidedByUsedInOperatingActivitiesContinuingOperations",
            "ifrs-full:CashFlowsFromUsedInOperatingActivities",
        ),
    ),
    Measure(
        "Cash from operations before interest and tax", ("ifrs-full:CashFlowsFromUsedInOperations",)
    ),
    Measure(
        "Capital expenditure",
        (
            "us-gaap:PaymentsToAcquirePropertyPlantAndEquipment",
            "us-gaap:PaymentsToAcquireProductiveAssets",
            "ifrs-full:PurchaseOfPropertyPlantAndEquipmentClassifiedAsInvestingActivities",
        ),
    ),
    Measure(
        "Cash and cash equivalents",
        ("us-gaap:CashAndCashEquivalentsAtCarryingValue", "ifrs-full:CashAndCashEquivalents"),
    ),
    Measure("Total assets", ("us-gaap:Assets", "ifrs-full:Assets")),
    Measure("Total liabilities", ("us-gaap:Liabilities", "ifrs-full:Liabilities")),
    Measure(
        "Total shareholders\u2019 equity",
        (
            "us-gaap:StockholdersEquity",
            "us-gaap:StockholdersEquityIncludingPortionAttributableToNoncontrollingInterest",
            "ifrs-full:EquityAttributableToOwnersOfParent",
            "ifrs-full:Equity",
        ),
    ),
)
"""In the order of the statements."""

COVER_MEASURES = (Measure("Shares outstanding", ("dei:EntityCommonStockSharesOutstanding",)),)
"""Of a filing's cover page, on a day of its own."""
