from canslim_ratings import CALENDAR_63, CATALOGUE, FORMULA, VARIANTS, Rated, Rating, rate_all, score
from tests.ratings.builders import facts

FIRST_FOUR = ["rs_rating", "rs_provisional", "score", "coverage"]


def test_names_are_unique_and_the_first_four_are_those_that_services_store() -> None:
    names = [rating.name for rating in CATALOGUE]
    assert len(set(names)) == len(names)
    assert names[:4] == FIRST_FOUR


def test_versions_are_those_of_the_formulas() -> None:
    versions = {rating.name: rating.version for rating in CATALOGUE}
    assert versions["rs_rating"] == CALENDAR_63.version
    assert versions["score"] == versions["coverage"] == FORMULA


def test_two_formulas_share_no_version() -> None:
    """The score and its coverage come of one rubric; the changes of a group differ in their window."""
    family = {"coverage": "score"} | {
        rating.name: "group_rs_change" for rating in CATALOGUE if rating.name.startswith("group_rs_change")
    }
    owners: dict[str, set[str]] = {}
    for rating in CATALOGUE:
        owners.setdefault(rating.version, set()).add(family.get(rating.name, rating.name))
    assert [names for names in owners.values() if len(names) > 1] == []


def test_every_variant_has_a_version_of_its_own() -> None:
    assert len({variant.version for variant in VARIANTS}) == len(VARIANTS)


def test_a_rating_builds_on_those_before_it() -> None:
    for at, rating in enumerate(CATALOGUE):
        assert set(rating.builds_on) <= {earlier.name for earlier in CATALOGUE[:at]}


def test_every_rating_says_all_that_a_page_about_it_needs() -> None:
    for rating in CATALOGUE:
        for text in (rating.title, rating.version, rating.unit, rating.definition, rating.formula, rating.source):
            assert text.strip()
        assert rating.low < rating.high


def test_one_more_rating_is_one_more_entry() -> None:
    own = Rating(
        name="own",
        title="Own",
        version="own.1",
        unit="points",
        definition="Twice the RS Rating.",
        formula="2 rs_rating",
        source="This test.",
        worked="2 x {rs_rating:g} = {value:g}",
        missing=CATALOGUE[0].missing,
        reads=("rs",),
        compute=lambda _, before: Rated(2 * before["rs_rating"].value, before["rs_rating"].reason),
        high=198.0,
    )
    assert rate_all(facts(), (*CATALOGUE, own)).table.loc["A", "own"] == 170


def test_the_first_four_are_what_the_functions_give() -> None:
    known = facts()
    table = rate_all(known).table
    assert table["rs_rating"].tolist() == known.rs["rs_rating"].tolist()
    assert table[["score", "coverage"]].equals(score(known).table[["score", "coverage"]])
