"""The catalogue of KPIs: what each is called, what it is measured in, and between what it lies.

Written out, so that a KPI can be found by searching for its name.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kpi:
    """One KPI; `low` and `high` are the bounds of what can be believed."""

    name: str
    title: str
    area: str
    brand: str
    unit: str
    low: float
    high: float

    def believes(self, value: float) -> bool:
        """Whether a value can be one of this KPI."""
        return self.low <= value <= self.high


CATALOGUE: tuple[Kpi, ...] = (
    Kpi(
        name="market.kisqali.share",
        title="Share of the market, Kisqali",
        area="market",
        brand="Kisqali",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="market.kisqali.growth",
        title="Growth of the market, Kisqali",
        area="market",
        brand="Kisqali",
        unit="%",
        low=-50,
        high=200,
    ),
    Kpi(
        name="market.kisqali.count",
        title="Number of the market, Kisqali",
        area="market",
        brand="Kisqali",
        unit="",
        low=0,
        high=1000000,
    ),
    Kpi(
        name="market.kisqali.delay",
        title="Delay in the market, Kisqali",
        area="market",
        brand="Kisqali",
        unit="days",
        low=0,
        high=365,
    ),
    Kpi(
        name="market.kisqali.rate",
        title="Rate of the market, Kisqali",
        area="market",
        brand="Kisqali",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="market.kisqali.value",
        title="Value of the market, Kisqali",
        area="market",
        brand="Kisqali",
        unit="USD",
        low=0,
        high=1000000000,
    ),
    Kpi(
        name="market.fabhalta.share",
        title="Share of the market, Fabhalta",
        area="market",
        brand="Fabhalta",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="market.fabhalta.growth",
        title="Growth of the market, Fabhalta",
        area="market",
        brand="Fabhalta",
        unit="%",
        low=-50,
        high=200,
    ),
    Kpi(
        name="market.fabhalta.count",
        title="Number of the market, Fabhalta",
        area="market",
        brand="Fabhalta",
        unit="",
        low=0,
        high=1000000,
    ),
    Kpi(
        name="market.fabhalta.delay",
        title="Delay in the market, Fabhalta",
        area="market",
        brand="Fabhalta",
        unit="days",
        low=0,
        high=365,
    ),
    Kpi(
        name="market.fabhalta.rate",
        title="Rate of the market, Fabhalta",
        area="market",
        brand="Fabhalta",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="market.fabhalta.value",
        title="Value of the market, Fabhalta",
        area="market",
        brand="Fabhalta",
        unit="USD",
        low=0,
        high=1000000000,
    ),
    Kpi(
        name="market.remibrutinib.share",
        title="Share of the market, Remibrutinib",
        area="market",
        brand="Remibrutinib",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="market.remibrutinib.growth",
        title="Growth of the market, Remibrutinib",
        area="market",
        brand="Remibrutinib",
        unit="%",
        low=-50,
        high=200,
    ),
    Kpi(
        name="market.remibrutinib.count",
        title="Number of the market, Remibrutinib",
        area="market",
        brand="Remibrutinib",
        unit="",
        low=0,
        high=1000000,
    ),
    Kpi(
        name="market.remibrutinib.delay",
        title="Delay in the market, Remibrutinib",
        area="market",
        brand="Remibrutinib",
        unit="days",
        low=0,
        high=365,
    ),
    Kpi(
        name="market.remibrutinib.rate",
        title="Rate of the market, Remibrutinib",
        area="market",
        brand="Remibrutinib",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="market.remibrutinib.value",
        title="Value of the market, Remibrutinib",
        area="market",
        brand="Remibrutinib",
        unit="USD",
        low=0,
        high=1000000000,
    ),
    Kpi(
        name="adoption.kisqali.share",
        title="Share of adoption, Kisqali",
        area="adoption",
        brand="Kisqali",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="adoption.kisqali.growth",
        title="Growth of adoption, Kisqali",
        area="adoption",
        brand="Kisqali",
        unit="%",
        low=-50,
        high=200,
    ),
    Kpi(
        name="adoption.kisqali.count",
        title="Number of adoption, Kisqali",
        area="adoption",
        brand="Kisqali",
        unit="",
        low=0,
        high=1000000,
    ),
    Kpi(
        name="adoption.kisqali.delay",
        title="Delay in adoption, Kisqali",
        area="adoption",
        brand="Kisqali",
        unit="days",
        low=0,
        high=365,
    ),
    Kpi(
        name="adoption.kisqali.rate",
        title="Rate of adoption, Kisqali",
        area="adoption",
        brand="Kisqali",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="adoption.kisqali.value",
        title="Value of adoption, Kisqali",
        area="adoption",
        brand="Kisqali",
        unit="USD",
        low=0,
        high=1000000000,
    ),
    Kpi(
        name="adoption.fabhalta.share",
        title="Share of adoption, Fabhalta",
        area="adoption",
        brand="Fabhalta",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="adoption.fabhalta.growth",
        title="Growth of adoption, Fabhalta",
        area="adoption",
        brand="Fabhalta",
        unit="%",
        low=-50,
        high=200,
    ),
    Kpi(
        name="adoption.fabhalta.count",
        title="Number of adoption, Fabhalta",
        area="adoption",
        brand="Fabhalta",
        unit="",
        low=0,
        high=1000000,
    ),
    Kpi(
        name="adoption.fabhalta.delay",
        title="Delay in adoption, Fabhalta",
        area="adoption",
        brand="Fabhalta",
        unit="days",
        low=0,
        high=365,
    ),
    Kpi(
        name="adoption.fabhalta.rate",
        title="Rate of adoption, Fabhalta",
        area="adoption",
        brand="Fabhalta",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="adoption.fabhalta.value",
        title="Value of adoption, Fabhalta",
        area="adoption",
        brand="Fabhalta",
        unit="USD",
        low=0,
        high=1000000000,
    ),
    Kpi(
        name="adoption.remibrutinib.share",
        title="Share of adoption, Remibrutinib",
        area="adoption",
        brand="Remibrutinib",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="adoption.remibrutinib.growth",
        title="Growth of adoption, Remibrutinib",
        area="adoption",
        brand="Remibrutinib",
        unit="%",
        low=-50,
        high=200,
    ),
    Kpi(
        name="adoption.remibrutinib.count",
        title="Number of adoption, Remibrutinib",
        area="adoption",
        brand="Remibrutinib",
        unit="",
        low=0,
        high=1000000,
    ),
    Kpi(
        name="adoption.remibrutinib.delay",
        title="Delay in adoption, Remibrutinib",
        area="adoption",
        brand="Remibrutinib",
        unit="days",
        low=0,
        high=365,
    ),
    Kpi(
        name="adoption.remibrutinib.rate",
        title="Rate of adoption, Remibrutinib",
        area="adoption",
        brand="Remibrutinib",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="adoption.remibrutinib.value",
        title="Value of adoption, Remibrutinib",
        area="adoption",
        brand="Remibrutinib",
        unit="USD",
        low=0,
        high=1000000000,
    ),
    Kpi(
        name="reach.kisqali.share",
        title="Share of the reach of the field force, Kisqali",
        area="reach",
        brand="Kisqali",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="reach.kisqali.growth",
        title="Growth of the reach of the field force, Kisqali",
        area="reach",
        brand="Kisqali",
        unit="%",
        low=-50,
        high=200,
    ),
    Kpi(
        name="reach.kisqali.count",
        title="Number of the reach of the field force, Kisqali",
        area="reach",
        brand="Kisqali",
        unit="",
        low=0,
        high=1000000,
    ),
    Kpi(
        name="reach.kisqali.delay",
        title="Delay in the reach of the field force, Kisqali",
        area="reach",
        brand="Kisqali",
        unit="days",
        low=0,
        high=365,
    ),
    Kpi(
        name="reach.kisqali.rate",
        title="Rate of the reach of the field force, Kisqali",
        area="reach",
        brand="Kisqali",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="reach.kisqali.value",
        title="Value of the reach of the field force, Kisqali",
        area="reach",
        brand="Kisqali",
        unit="USD",
        low=0,
        high=1000000000,
    ),
    Kpi(
        name="reach.fabhalta.share",
        title="Share of the reach of the field force, Fabhalta",
        area="reach",
        brand="Fabhalta",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="reach.fabhalta.growth",
        title="Growth of the reach of the field force, Fabhalta",
        area="reach",
        brand="Fabhalta",
        unit="%",
        low=-50,
        high=200,
    ),
    Kpi(
        name="reach.fabhalta.count",
        title="Number of the reach of the field force, Fabhalta",
        area="reach",
        brand="Fabhalta",
        unit="",
        low=0,
        high=1000000,
    ),
    Kpi(
        name="reach.fabhalta.delay",
        title="Delay in the reach of the field force, Fabhalta",
        area="reach",
        brand="Fabhalta",
        unit="days",
        low=0,
        high=365,
    ),
    Kpi(
        name="reach.fabhalta.rate",
        title="Rate of the reach of the field force, Fabhalta",
        area="reach",
        brand="Fabhalta",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="reach.fabhalta.value",
        title="Value of the reach of the field force, Fabhalta",
        area="reach",
        brand="Fabhalta",
        unit="USD",
        low=0,
        high=1000000000,
    ),
    Kpi(
        name="reach.remibrutinib.share",
        title="Share of the reach of the field force, Remibrutinib",
        area="reach",
        brand="Remibrutinib",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="reach.remibrutinib.growth",
        title="Growth of the reach of the field force, Remibrutinib",
        area="reach",
        brand="Remibrutinib",
        unit="%",
        low=-50,
        high=200,
    ),
    Kpi(
        name="reach.remibrutinib.count",
        title="Number of the reach of the field force, Remibrutinib",
        area="reach",
        brand="Remibrutinib",
        unit="",
        low=0,
        high=1000000,
    ),
    Kpi(
        name="reach.remibrutinib.delay",
        title="Delay in the reach of the field force, Remibrutinib",
        area="reach",
        brand="Remibrutinib",
        unit="days",
        low=0,
        high=365,
    ),
    Kpi(
        name="reach.remibrutinib.rate",
        title="Rate of the reach of the field force, Remibrutinib",
        area="reach",
        brand="Remibrutinib",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="reach.remibrutinib.value",
        title="Value of the reach of the field force, Remibrutinib",
        area="reach",
        brand="Remibrutinib",
        unit="USD",
        low=0,
        high=1000000000,
    ),
    Kpi(
        name="access.kisqali.share",
        title="Share of access, Kisqali",
        area="access",
        brand="Kisqali",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="access.kisqali.growth",
        title="Growth of access, Kisqali",
        area="access",
        brand="Kisqali",
        unit="%",
        low=-50,
        high=200,
    ),
    Kpi(
        name="access.kisqali.count",
        title="Number of access, Kisqali",
        area="access",
        brand="Kisqali",
        unit="",
        low=0,
        high=1000000,
    ),
    Kpi(
        name="access.kisqali.delay",
        title="Delay in access, Kisqali",
        area="access",
        brand="Kisqali",
        unit="days",
        low=0,
        high=365,
    ),
    Kpi(
        name="access.kisqali.rate",
        title="Rate of access, Kisqali",
        area="access",
        brand="Kisqali",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="access.kisqali.value",
        title="Value of access, Kisqali",
        area="access",
        brand="Kisqali",
        unit="USD",
        low=0,
        high=1000000000,
    ),
    Kpi(
        name="access.fabhalta.share",
        title="Share of access, Fabhalta",
        area="access",
        brand="Fabhalta",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="access.fabhalta.growth",
        title="Growth of access, Fabhalta",
        area="access",
        brand="Fabhalta",
        unit="%",
        low=-50,
        high=200,
    ),
    Kpi(
        name="access.fabhalta.count",
        title="Number of access, Fabhalta",
        area="access",
        brand="Fabhalta",
        unit="",
        low=0,
        high=1000000,
    ),
    Kpi(
        name="access.fabhalta.delay",
        title="Delay in access, Fabhalta",
        area="access",
        brand="Fabhalta",
        unit="days",
        low=0,
        high=365,
    ),
    Kpi(
        name="access.fabhalta.rate",
        title="Rate of access, Fabhalta",
        area="access",
        brand="Fabhalta",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="access.fabhalta.value",
        title="Value of access, Fabhalta",
        area="access",
        brand="Fabhalta",
        unit="USD",
        low=0,
        high=1000000000,
    ),
    Kpi(
        name="access.remibrutinib.share",
        title="Share of access, Remibrutinib",
        area="access",
        brand="Remibrutinib",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="access.remibrutinib.growth",
        title="Growth of access, Remibrutinib",
        area="access",
        brand="Remibrutinib",
        unit="%",
        low=-50,
        high=200,
    ),
    Kpi(
        name="access.remibrutinib.count",
        title="Number of access, Remibrutinib",
        area="access",
        brand="Remibrutinib",
        unit="",
        low=0,
        high=1000000,
    ),
    Kpi(
        name="access.remibrutinib.delay",
        title="Delay in access, Remibrutinib",
        area="access",
        brand="Remibrutinib",
        unit="days",
        low=0,
        high=365,
    ),
    Kpi(
        name="access.remibrutinib.rate",
        title="Rate of access, Remibrutinib",
        area="access",
        brand="Remibrutinib",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="access.remibrutinib.value",
        title="Value of access, Remibrutinib",
        area="access",
        brand="Remibrutinib",
        unit="USD",
        low=0,
        high=1000000000,
    ),
    Kpi(
        name="patients.kisqali.share",
        title="Share of patients, Kisqali",
        area="patients",
        brand="Kisqali",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="patients.kisqali.growth",
        title="Growth of patients, Kisqali",
        area="patients",
        brand="Kisqali",
        unit="%",
        low=-50,
        high=200,
    ),
    Kpi(
        name="patients.kisqali.count",
        title="Number of patients, Kisqali",
        area="patients",
        brand="Kisqali",
        unit="",
        low=0,
        high=1000000,
    ),
    Kpi(
        name="patients.kisqali.delay",
        title="Delay in patients, Kisqali",
        area="patients",
        brand="Kisqali",
        unit="days",
        low=0,
        high=365,
    ),
    Kpi(
        name="patients.kisqali.rate",
        title="Rate of patients, Kisqali",
        area="patients",
        brand="Kisqali",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="patients.kisqali.value",
        title="Value of patients, Kisqali",
        area="patients",
        brand="Kisqali",
        unit="USD",
        low=0,
        high=1000000000,
    ),
    Kpi(
        name="patients.fabhalta.share",
        title="Share of patients, Fabhalta",
        area="patients",
        brand="Fabhalta",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="patients.fabhalta.growth",
        title="Growth of patients, Fabhalta",
        area="patients",
        brand="Fabhalta",
        unit="%",
        low=-50,
        high=200,
    ),
    Kpi(
        name="patients.fabhalta.count",
        title="Number of patients, Fabhalta",
        area="patients",
        brand="Fabhalta",
        unit="",
        low=0,
        high=1000000,
    ),
    Kpi(
        name="patients.fabhalta.delay",
        title="Delay in patients, Fabhalta",
        area="patients",
        brand="Fabhalta",
        unit="days",
        low=0,
        high=365,
    ),
    Kpi(
        name="patients.fabhalta.rate",
        title="Rate of patients, Fabhalta",
        area="patients",
        brand="Fabhalta",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="patients.fabhalta.value",
        title="Value of patients, Fabhalta",
        area="patients",
        brand="Fabhalta",
        unit="USD",
        low=0,
        high=1000000000,
    ),
    Kpi(
        name="patients.remibrutinib.share",
        title="Share of patients, Remibrutinib",
        area="patients",
        brand="Remibrutinib",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="patients.remibrutinib.growth",
        title="Growth of patients, Remibrutinib",
        area="patients",
        brand="Remibrutinib",
        unit="%",
        low=-50,
        high=200,
    ),
    Kpi(
        name="patients.remibrutinib.count",
        title="Number of patients, Remibrutinib",
        area="patients",
        brand="Remibrutinib",
        unit="",
        low=0,
        high=1000000,
    ),
    Kpi(
        name="patients.remibrutinib.delay",
        title="Delay in patients, Remibrutinib",
        area="patients",
        brand="Remibrutinib",
        unit="days",
        low=0,
        high=365,
    ),
    Kpi(
        name="patients.remibrutinib.rate",
        title="Rate of patients, Remibrutinib",
        area="patients",
        brand="Remibrutinib",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="patients.remibrutinib.value",
        title="Value of patients, Remibrutinib",
        area="patients",
        brand="Remibrutinib",
        unit="USD",
        low=0,
        high=1000000000,
    ),
    Kpi(
        name="trials.kisqali.share",
        title="Share of trials, Kisqali",
        area="trials",
        brand="Kisqali",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="trials.kisqali.growth",
        title="Growth of trials, Kisqali",
        area="trials",
        brand="Kisqali",
        unit="%",
        low=-50,
        high=200,
    ),
    Kpi(
        name="trials.kisqali.count",
        title="Number of trials, Kisqali",
        area="trials",
        brand="Kisqali",
        unit="",
        low=0,
        high=1000000,
    ),
    Kpi(
        name="trials.kisqali.delay",
        title="Delay in trials, Kisqali",
        area="trials",
        brand="Kisqali",
        unit="days",
        low=0,
        high=365,
    ),
    Kpi(
        name="trials.kisqali.rate",
        title="Rate of trials, Kisqali",
        area="trials",
        brand="Kisqali",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="trials.kisqali.value",
        title="Value of trials, Kisqali",
        area="trials",
        brand="Kisqali",
        unit="USD",
        low=0,
        high=1000000000,
    ),
    Kpi(
        name="trials.fabhalta.share",
        title="Share of trials, Fabhalta",
        area="trials",
        brand="Fabhalta",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="trials.fabhalta.growth",
        title="Growth of trials, Fabhalta",
        area="trials",
        brand="Fabhalta",
        unit="%",
        low=-50,
        high=200,
    ),
    Kpi(
        name="trials.fabhalta.count",
        title="Number of trials, Fabhalta",
        area="trials",
        brand="Fabhalta",
        unit="",
        low=0,
        high=1000000,
    ),
    Kpi(
        name="trials.fabhalta.delay",
        title="Delay in trials, Fabhalta",
        area="trials",
        brand="Fabhalta",
        unit="days",
        low=0,
        high=365,
    ),
    Kpi(
        name="trials.fabhalta.rate",
        title="Rate of trials, Fabhalta",
        area="trials",
        brand="Fabhalta",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="trials.fabhalta.value",
        title="Value of trials, Fabhalta",
        area="trials",
        brand="Fabhalta",
        unit="USD",
        low=0,
        high=1000000000,
    ),
    Kpi(
        name="trials.remibrutinib.share",
        title="Share of trials, Remibrutinib",
        area="trials",
        brand="Remibrutinib",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="trials.remibrutinib.growth",
        title="Growth of trials, Remibrutinib",
        area="trials",
        brand="Remibrutinib",
        unit="%",
        low=-50,
        high=200,
    ),
    Kpi(
        name="trials.remibrutinib.count",
        title="Number of trials, Remibrutinib",
        area="trials",
        brand="Remibrutinib",
        unit="",
        low=0,
        high=1000000,
    ),
    Kpi(
        name="trials.remibrutinib.delay",
        title="Delay in trials, Remibrutinib",
        area="trials",
        brand="Remibrutinib",
        unit="days",
        low=0,
        high=365,
    ),
    Kpi(
        name="trials.remibrutinib.rate",
        title="Rate of trials, Remibrutinib",
        area="trials",
        brand="Remibrutinib",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="trials.remibrutinib.value",
        title="Value of trials, Remibrutinib",
        area="trials",
        brand="Remibrutinib",
        unit="USD",
        low=0,
        high=1000000000,
    ),
    Kpi(
        name="claims.kisqali.share",
        title="Share of claims, Kisqali",
        area="claims",
        brand="Kisqali",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="claims.kisqali.growth",
        title="Growth of claims, Kisqali",
        area="claims",
        brand="Kisqali",
        unit="%",
        low=-50,
        high=200,
    ),
    Kpi(
        name="claims.kisqali.count",
        title="Number of claims, Kisqali",
        area="claims",
        brand="Kisqali",
        unit="",
        low=0,
        high=1000000,
    ),
    Kpi(
        name="claims.kisqali.delay",
        title="Delay in claims, Kisqali",
        area="claims",
        brand="Kisqali",
        unit="days",
        low=0,
        high=365,
    ),
    Kpi(
        name="claims.kisqali.rate",
        title="Rate of claims, Kisqali",
        area="claims",
        brand="Kisqali",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="claims.kisqali.value",
        title="Value of claims, Kisqali",
        area="claims",
        brand="Kisqali",
        unit="USD",
        low=0,
        high=1000000000,
    ),
    Kpi(
        name="claims.fabhalta.share",
        title="Share of claims, Fabhalta",
        area="claims",
        brand="Fabhalta",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="claims.fabhalta.growth",
        title="Growth of claims, Fabhalta",
        area="claims",
        brand="Fabhalta",
        unit="%",
        low=-50,
        high=200,
    ),
    Kpi(
        name="claims.fabhalta.count",
        title="Number of claims, Fabhalta",
        area="claims",
        brand="Fabhalta",
        unit="",
        low=0,
        high=1000000,
    ),
    Kpi(
        name="claims.fabhalta.delay",
        title="Delay in claims, Fabhalta",
        area="claims",
        brand="Fabhalta",
        unit="days",
        low=0,
        high=365,
    ),
    Kpi(
        name="claims.fabhalta.rate",
        title="Rate of claims, Fabhalta",
        area="claims",
        brand="Fabhalta",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="claims.fabhalta.value",
        title="Value of claims, Fabhalta",
        area="claims",
        brand="Fabhalta",
        unit="USD",
        low=0,
        high=1000000000,
    ),
    Kpi(
        name="claims.remibrutinib.share",
        title="Share of claims, Remibrutinib",
        area="claims",
        brand="Remibrutinib",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="claims.remibrutinib.growth",
        title="Growth of claims, Remibrutinib",
        area="claims",
        brand="Remibrutinib",
        unit="%",
        low=-50,
        high=200,
    ),
    Kpi(
        name="claims.remibrutinib.count",
        title="Number of claims, Remibrutinib",
        area="claims",
        brand="Remibrutinib",
        unit="",
        low=0,
        high=1000000,
    ),
    Kpi(
        name="claims.remibrutinib.delay",
        title="Delay in claims, Remibrutinib",
        area="claims",
        brand="Remibrutinib",
        unit="days",
        low=0,
        high=365,
    ),
    Kpi(
        name="claims.remibrutinib.rate",
        title="Rate of claims, Remibrutinib",
        area="claims",
        brand="Remibrutinib",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="claims.remibrutinib.value",
        title="Value of claims, Remibrutinib",
        area="claims",
        brand="Remibrutinib",
        unit="USD",
        low=0,
        high=1000000000,
    ),
    Kpi(
        name="digital.kisqali.share",
        title="Share of digital channels, Kisqali",
        area="digital",
        brand="Kisqali",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="digital.kisqali.growth",
        title="Growth of digital channels, Kisqali",
        area="digital",
        brand="Kisqali",
        unit="%",
        low=-50,
        high=200,
    ),
    Kpi(
        name="digital.kisqali.count",
        title="Number of digital channels, Kisqali",
        area="digital",
        brand="Kisqali",
        unit="",
        low=0,
        high=1000000,
    ),
    Kpi(
        name="digital.kisqali.delay",
        title="Delay in digital channels, Kisqali",
        area="digital",
        brand="Kisqali",
        unit="days",
        low=0,
        high=365,
    ),
    Kpi(
        name="digital.kisqali.rate",
        title="Rate of digital channels, Kisqali",
        area="digital",
        brand="Kisqali",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="digital.kisqali.value",
        title="Value of digital channels, Kisqali",
        area="digital",
        brand="Kisqali",
        unit="USD",
        low=0,
        high=1000000000,
    ),
    Kpi(
        name="digital.fabhalta.share",
        title="Share of digital channels, Fabhalta",
        area="digital",
        brand="Fabhalta",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="digital.fabhalta.growth",
        title="Growth of digital channels, Fabhalta",
        area="digital",
        brand="Fabhalta",
        unit="%",
        low=-50,
        high=200,
    ),
    Kpi(
        name="digital.fabhalta.count",
        title="Number of digital channels, Fabhalta",
        area="digital",
        brand="Fabhalta",
        unit="",
        low=0,
        high=1000000,
    ),
    Kpi(
        name="digital.fabhalta.delay",
        title="Delay in digital channels, Fabhalta",
        area="digital",
        brand="Fabhalta",
        unit="days",
        low=0,
        high=365,
    ),
    Kpi(
        name="digital.fabhalta.rate",
        title="Rate of digital channels, Fabhalta",
        area="digital",
        brand="Fabhalta",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="digital.fabhalta.value",
        title="Value of digital channels, Fabhalta",
        area="digital",
        brand="Fabhalta",
        unit="USD",
        low=0,
        high=1000000000,
    ),
    Kpi(
        name="digital.remibrutinib.share",
        title="Share of digital channels, Remibrutinib",
        area="digital",
        brand="Remibrutinib",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="digital.remibrutinib.growth",
        title="Growth of digital channels, Remibrutinib",
        area="digital",
        brand="Remibrutinib",
        unit="%",
        low=-50,
        high=200,
    ),
    Kpi(
        name="digital.remibrutinib.count",
        title="Number of digital channels, Remibrutinib",
        area="digital",
        brand="Remibrutinib",
        unit="",
        low=0,
        high=1000000,
    ),
    Kpi(
        name="digital.remibrutinib.delay",
        title="Delay in digital channels, Remibrutinib",
        area="digital",
        brand="Remibrutinib",
        unit="days",
        low=0,
        high=365,
    ),
    Kpi(
        name="digital.remibrutinib.rate",
        title="Rate of digital channels, Remibrutinib",
        area="digital",
        brand="Remibrutinib",
        unit="%",
        low=0,
        high=100,
    ),
    Kpi(
        name="digital.remibrutinib.value",
        title="Value of digital channels, Remibrutinib",
        area="digital",
        brand="Remibrutinib",
        unit="USD",
        low=0,
        high=1000000000,
    ),
)

BY_NAME: dict[str, Kpi] = {kpi.name: kpi for kpi in CATALOGUE}


def kpi(name: str) -> Kpi:
    """The KPI of this name; KeyError where there is none."""
    return BY_NAME[name]


def kpis_of(brand: str) -> list[Kpi]:
    """All KPIs of a brand."""
    return [each for each in CATALOGUE if each.brand == brand]


def market_of_kisqali() -> list[Kpi]:
    """The KPIs of the market for Kisqali."""
    return [
        kpi(name)
        for name in (
            "market.kisqali.share",
            "market.kisqali.growth",
            "market.kisqali.count",
            "market.kisqali.delay",
            "market.kisqali.rate",
            "market.kisqali.value",
        )
    ]


def market_of_fabhalta() -> list[Kpi]:
    """The KPIs of the market for Fabhalta."""
    return [
        kpi(name)
        for name in (
            "market.fabhalta.share",
            "market.fabhalta.growth",
            "market.fabhalta.count",
            "market.fabhalta.delay",
            "market.fabhalta.rate",
            "market.fabhalta.value",
        )
    ]


def market_of_remibrutinib() -> list[Kpi]:
    """The KPIs of the market for Remibrutinib."""
    return [
        kpi(name)
        for name in (
            "market.remibrutinib.share",
            "market.remibrutinib.growth",
            "market.remibrutinib.count",
            "market.remibrutinib.delay",
            "market.remibrutinib.rate",
            "market.remibrutinib.value",
        )
    ]


def adoption_of_kisqali() -> list[Kpi]:
    """The KPIs of adoption for Kisqali."""
    return [
        kpi(name)
        for name in (
            "adoption.kisqali.share",
            "adoption.kisqali.growth",
            "adoption.kisqali.count",
            "adoption.kisqali.delay",
            "adoption.kisqali.rate",
            "adoption.kisqali.value",
        )
    ]


def adoption_of_fabhalta() -> list[Kpi]:
    """The KPIs of adoption for Fabhalta."""
    return [
        kpi(name)
        for name in (
            "adoption.fabhalta.share",
            "adoption.fabhalta.growth",
            "adoption.fabhalta.count",
            "adoption.fabhalta.delay",
            "adoption.fabhalta.rate",
            "adoption.fabhalta.value",
        )
    ]


def adoption_of_remibrutinib() -> list[Kpi]:
    """The KPIs of adoption for Remibrutinib."""
    return [
        kpi(name)
        for name in (
            "adoption.remibrutinib.share",
            "adoption.remibrutinib.growth",
            "adoption.remibrutinib.count",
            "adoption.remibrutinib.delay",
            "adoption.remibrutinib.rate",
            "adoption.remibrutinib.value",
        )
    ]


def reach_of_kisqali() -> list[Kpi]:
    """The KPIs of the reach of the field force for Kisqali."""
    return [
        kpi(name)
        for name in (
            "reach.kisqali.share",
            "reach.kisqali.growth",
            "reach.kisqali.count",
            "reach.kisqali.delay",
            "reach.kisqali.rate",
            "reach.kisqali.value",
        )
    ]


def reach_of_fabhalta() -> list[Kpi]:
    """The KPIs of the reach of the field force for Fabhalta."""
    return [
        kpi(name)
        for name in (
            "reach.fabhalta.share",
            "reach.fabhalta.growth",
            "reach.fabhalta.count",
            "reach.fabhalta.delay",
            "reach.fabhalta.rate",
            "reach.fabhalta.value",
        )
    ]


def reach_of_remibrutinib() -> list[Kpi]:
    """The KPIs of the reach of the field force for Remibrutinib."""
    return [
        kpi(name)
        for name in (
            "reach.remibrutinib.share",
            "reach.remibrutinib.growth",
            "reach.remibrutinib.count",
            "reach.remibrutinib.delay",
            "reach.remibrutinib.rate",
            "reach.remibrutinib.value",
        )
    ]


def access_of_kisqali() -> list[Kpi]:
    """The KPIs of access for Kisqali."""
    return [
        kpi(name)
        for name in (
            "access.kisqali.share",
            "access.kisqali.growth",
            "access.kisqali.count",
            "access.kisqali.delay",
            "access.kisqali.rate",
            "access.kisqali.value",
        )
    ]


def access_of_fabhalta() -> list[Kpi]:
    """The KPIs of access for Fabhalta."""
    return [
        kpi(name)
        for name in (
            "access.fabhalta.share",
            "access.fabhalta.growth",
            "access.fabhalta.count",
            "access.fabhalta.delay",
            "access.fabhalta.rate",
            "access.fabhalta.value",
        )
    ]


def access_of_remibrutinib() -> list[Kpi]:
    """The KPIs of access for Remibrutinib."""
    return [
        kpi(name)
        for name in (
            "access.remibrutinib.share",
            "access.remibrutinib.growth",
            "access.remibrutinib.count",
            "access.remibrutinib.delay",
            "access.remibrutinib.rate",
            "access.remibrutinib.value",
        )
    ]


def patients_of_kisqali() -> list[Kpi]:
    """The KPIs of patients for Kisqali."""
    return [
        kpi(name)
        for name in (
            "patients.kisqali.share",
            "patients.kisqali.growth",
            "patients.kisqali.count",
            "patients.kisqali.delay",
            "patients.kisqali.rate",
            "patients.kisqali.value",
        )
    ]


def patients_of_fabhalta() -> list[Kpi]:
    """The KPIs of patients for Fabhalta."""
    return [
        kpi(name)
        for name in (
            "patients.fabhalta.share",
            "patients.fabhalta.growth",
            "patients.fabhalta.count",
            "patients.fabhalta.delay",
            "patients.fabhalta.rate",
            "patients.fabhalta.value",
        )
    ]


def patients_of_remibrutinib() -> list[Kpi]:
    """The KPIs of patients for Remibrutinib."""
    return [
        kpi(name)
        for name in (
            "patients.remibrutinib.share",
            "patients.remibrutinib.growth",
            "patients.remibrutinib.count",
            "patients.remibrutinib.delay",
            "patients.remibrutinib.rate",
            "patients.remibrutinib.value",
        )
    ]


def trials_of_kisqali() -> list[Kpi]:
    """The KPIs of trials for Kisqali."""
    return [
        kpi(name)
        for name in (
            "trials.kisqali.share",
            "trials.kisqali.growth",
            "trials.kisqali.count",
            "trials.kisqali.delay",
            "trials.kisqali.rate",
            "trials.kisqali.value",
        )
    ]


def trials_of_fabhalta() -> list[Kpi]:
    """The KPIs of trials for Fabhalta."""
    return [
        kpi(name)
        for name in (
            "trials.fabhalta.share",
            "trials.fabhalta.growth",
            "trials.fabhalta.count",
            "trials.fabhalta.delay",
            "trials.fabhalta.rate",
            "trials.fabhalta.value",
        )
    ]


def trials_of_remibrutinib() -> list[Kpi]:
    """The KPIs of trials for Remibrutinib."""
    return [
        kpi(name)
        for name in (
            "trials.remibrutinib.share",
            "trials.remibrutinib.growth",
            "trials.remibrutinib.count",
            "trials.remibrutinib.delay",
            "trials.remibrutinib.rate",
            "trials.remibrutinib.value",
        )
    ]


def claims_of_kisqali() -> list[Kpi]:
    """The KPIs of claims for Kisqali."""
    return [
        kpi(name)
        for name in (
            "claims.kisqali.share",
            "claims.kisqali.growth",
            "claims.kisqali.count",
            "claims.kisqali.delay",
            "claims.kisqali.rate",
            "claims.kisqali.value",
        )
    ]


def claims_of_fabhalta() -> list[Kpi]:
    """The KPIs of claims for Fabhalta."""
    return [
        kpi(name)
        for name in (
            "claims.fabhalta.share",
            "claims.fabhalta.growth",
            "claims.fabhalta.count",
            "claims.fabhalta.delay",
            "claims.fabhalta.rate",
            "claims.fabhalta.value",
        )
    ]


def claims_of_remibrutinib() -> list[Kpi]:
    """The KPIs of claims for Remibrutinib."""
    return [
        kpi(name)
        for name in (
            "claims.remibrutinib.share",
            "claims.remibrutinib.growth",
            "claims.remibrutinib.count",
            "claims.remibrutinib.delay",
            "claims.remibrutinib.rate",
            "claims.remibrutinib.value",
        )
    ]


def digital_of_kisqali() -> list[Kpi]:
    """The KPIs of digital channels for Kisqali."""
    return [
        kpi(name)
        for name in (
            "digital.kisqali.share",
            "digital.kisqali.growth",
            "digital.kisqali.count",
            "digital.kisqali.delay",
            "digital.kisqali.rate",
            "digital.kisqali.value",
        )
    ]


def digital_of_fabhalta() -> list[Kpi]:
    """The KPIs of digital channels for Fabhalta."""
    return [
        kpi(name)
        for name in (
            "digital.fabhalta.share",
            "digital.fabhalta.growth",
            "digital.fabhalta.count",
            "digital.fabhalta.delay",
            "digital.fabhalta.rate",
            "digital.fabhalta.value",
        )
    ]


def digital_of_remibrutinib() -> list[Kpi]:
    """The KPIs of digital channels for Remibrutinib."""
    return [
        kpi(name)
        for name in (
            "digital.remibrutinib.share",
            "digital.remibrutinib.growth",
            "digital.remibrutinib.count",
            "digital.remibrutinib.delay",
            "digital.remibrutinib.rate",
            "digital.remibrutinib.value",
        )
    ]
