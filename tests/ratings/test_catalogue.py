from canslim_ratings import CALENDAR_63, CATALOGUE, FORMULA, VARIANTS


def test_names_are_unique() -> None:
    assert [rating.name for rating in CATALOGUE] == ["rs_rating", "rs_provisional", "score", "coverage"]


def test_versions_are_those_of_the_formulas() -> None:
    assert {rating.version for rating in CATALOGUE} == {CALENDAR_63.version, FORMULA}


def test_every_variant_has_a_version_of_its_own() -> None:
    assert len({variant.version for variant in VARIANTS}) == len(VARIANTS)
