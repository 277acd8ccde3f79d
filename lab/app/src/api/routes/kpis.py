"""Key figures per brand."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException

from src.api.dependencies.auth import CurrentUser

router = APIRouter(prefix="/api/kpis", tags=["kpis"])

BRANDS = ("Remibrutinib", "Fabhalta", "Kisqali")

# name → (unit, value per brand in the order of BRANDS)
KPIS: dict[str, tuple[str, tuple[float, float, float]]] = {
    "trx": ("scripts", (1840.0, 920.0, 5310.0)),
    "market-share": ("percent", (7.4, 3.1, 22.8)),
    "conversion": ("percent", (18.2, 15.9, 31.0)),
    "adherence": ("percent", (81.0, 77.5, 88.3)),
}


@router.get("")
async def names(user: CurrentUser) -> list[str]:
    return sorted(KPIS)


@router.get("/summary")
async def summary(user: CurrentUser, brand: str = "Kisqali") -> dict[str, object]:
    if brand not in BRANDS:
        raise HTTPException(status_code=404, detail=f"no brand {brand}")
    column = BRANDS.index(brand)
    return {"brand": brand, "values": {name: row[column] for name, (_, row) in KPIS.items()}}


@router.get("/{name}")
async def one(name: str, user: CurrentUser) -> dict[str, object]:
    if name not in KPIS:
        raise HTTPException(status_code=404, detail=f"no key figure {name}")
    unit, row = KPIS[name]
    return {"name": name, "unit": unit, "values": dict(zip(BRANDS, row))}
