"""What requests cost, against AWS's own examples and the prices by architecture."""

from __future__ import annotations

import pytest

from labgrader.evidence.load.cost import Cost, api_cost, billed_ms, lambda_cost


def test_a_million_requests_of_a_second_at_a_gigabyte() -> None:
    cost = lambda_cost(1_000_000, 1_000_000 * 1000, 1024)
    assert cost.gb_seconds == 1_000_000
    assert cost.usd == pytest.approx(16.6667 + 0.20)
    assert lambda_cost(1_000_000, 1_000_000 * 1000, 1024, "arm64").usd == pytest.approx(13.3334 + 0.20)


def test_an_example_of_aws() -> None:
    """3 million requests of 120 ms at 1,536 MB. Source: the pricing page, "Mobile application backend"."""
    cost = lambda_cost(3_000_000, 3_000_000 * 120, 1536)
    assert cost.gb_seconds == 540_000
    assert cost.usd == pytest.approx(9.00 + 0.60, abs=0.001)


def test_the_load_test_of_a_lab_costs_a_tenth_of_a_cent() -> None:
    """Lab 9: 100 requests of about half a second at 1,024 MB."""
    assert lambda_cost(100, 100 * 500, 1024).to_dict() == {"requests": 100, "gb_seconds": 50.0, "usd": 0.00085334}


def test_an_architecture_without_a_price_has_the_higher_one() -> None:
    assert lambda_cost(1, 100, 128, "riscv") == lambda_cost(1, 100, 128, "x86_64")


def test_calls_of_a_rest_api() -> None:
    assert api_cost(1_000_000).usd == pytest.approx(3.50)
    assert api_cost(1000).to_dict() == {"requests": 1000, "gb_seconds": 0.0, "usd": 0.0035}


def test_costs_add_up() -> None:
    assert Cost() + api_cost(0) == Cost()
    both = lambda_cost(2, 2000, 512) + lambda_cost(3, 1000, 1024)
    assert (both.requests, both.gb_seconds) == (5, 2.0)
    assert both.usd == pytest.approx(2 * 0.0000166667 + 5 * 0.2 / 1_000_000)


@pytest.mark.parametrize(("duration", "billed"), [(0.0, 0), (0.01, 1), (1.0, 1), (1.01, 2), (100.0, 100), (99.99, 100)])
def test_every_started_millisecond_is_billed(duration: float, billed: int) -> None:
    assert billed_ms(duration) == billed
