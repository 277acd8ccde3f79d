"""The catalogue of KPIs."""

from __future__ import annotations

import pytest

from src.kpis import catalogue
from src.kpis.catalogue import CATALOGUE, Kpi, kpi, kpis_of

BRANDS = ("Kisqali", "Fabhalta", "Remibrutinib")
NAMES = [each.name for each in CATALOGUE]


@pytest.mark.parametrize("one", CATALOGUE, ids=NAMES)
def test_bounds_are_in_order(one: Kpi) -> None:
    assert one.low < one.high
    assert one.believes(one.low)
    assert not one.believes(one.high + 1)


def test_names_are_told_apart() -> None:
    assert len(set(NAMES)) == len(NAMES) == 144


@pytest.mark.parametrize("name", NAMES[::3])
def test_name_finds_its_kpi(name: str) -> None:
    assert kpi(name).name == name
    assert name.startswith(f"{kpi(name).area}.{kpi(name).brand.lower()}.")


@pytest.mark.parametrize("brand", BRANDS)
def test_every_brand_has_all(brand: str) -> None:
    assert len(kpis_of(brand)) == 48


@pytest.mark.parametrize("area", sorted({each.area for each in CATALOGUE}))
def test_every_area_has_its_overview(area: str) -> None:
    for brand in BRANDS:
        assert len(getattr(catalogue, f"{area}_of_{brand.lower()}")()) == 6


def test_unknown_name_is_no_kpi() -> None:
    with pytest.raises(KeyError):
        kpi("nothing")
