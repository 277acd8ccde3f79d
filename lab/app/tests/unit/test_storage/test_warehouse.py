"""The warehouse. What asks it something needs the database; nothing here starts one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from src.storage.warehouse import Address, Warehouse


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    """The machine's own warehouse."""
    made = Warehouse()
    yield made
    made.close()


class TestAddress:
    @pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
    def test_parts_are_read(self, scheme: str) -> None:
        found = Address.of(f"{scheme}://e2i@db.internal:6432/history")
        assert found == Address("db.internal", 6432, "history")

    def test_port_has_a_default(self) -> None:
        assert Address.of("postgresql://db/history").port == 5432

    @pytest.mark.parametrize("url", ["mysql://db/x", "http://db", "db"])
    def test_other_urls_are_refused(self, url: str) -> None:
        with pytest.raises(ValueError, match="not the URL of a database"):
            Address.of(url)

    def test_environment_says_where(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("E2I_WAREHOUSE_URL", "postgresql://elsewhere:99/x")
        assert Warehouse().address == Address("elsewhere", 99, "x")


class TestTables:
    def test_there_are_some(self, warehouse: Warehouse) -> None:
        assert warehouse.tables()

    @pytest.mark.parametrize("table", ["checks", "designs", "kpis"])
    def test_table_is_there(self, warehouse: Warehouse, table: str) -> None:
        assert table in warehouse.tables()

    @pytest.mark.parametrize("table", ["checks", "kpis"])
    def test_table_has_rows(self, warehouse: Warehouse, table: str) -> None:
        assert warehouse.rows(table) > 0
