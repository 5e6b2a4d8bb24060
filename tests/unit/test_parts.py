"""What all tables of the scenario file have in common."""

from deltasim.nodes import NODES


def test_tables_with_the_same_keys_share_the_set_of_their_names_and_a_changed_copy_does_not():
    """Sets of names took more memory than the values of a million channels."""
    boundary = NODES["boundary"]
    one, two = (boundary.model_validate({"name": name, "x": 1.0}) for name in ("a", "b"))
    other = boundary.model_validate({"name": "c"})
    assert one.model_fields_set is two.model_fields_set == {"name", "x"}
    assert one.model_copy(update={"y": 2.0}).model_fields_set == {"name", "x", "y"}
    assert one.model_fields_set == {"name", "x"}
    assert other.model_fields_set == {"name"}
