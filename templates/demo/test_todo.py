import unittest

from todo import Item, ParseError, parse, write


class Parse(unittest.TestCase):
    def test_an_item(self):
        self.assertEqual(parse("[ ] water the plants"), [Item("water the plants")])

    def test_done_and_a_place(self):
        self.assertEqual(parse("[x] buy milk @shop"), [Item("buy milk", True, "shop")])

    def test_empty_lines_are_skipped(self):
        self.assertEqual(parse("\n[ ] a\n\n[ ] b\n"), [Item("a"), Item("b")])

    def test_comments_are_skipped(self):
        self.assertEqual(parse("# for Saturday\n[ ] bread\n   # later\n[x] milk"), [Item("bread"), Item("milk", True)])

    def test_a_number_sign_within_an_item_is_text(self):
        self.assertEqual(parse("[ ] pen #2 @stationer"), [Item("pen #2", place="stationer")])

    def test_an_error_names_the_line(self):
        with self.assertRaisesRegex(ParseError, "line 2"):
            parse("[ ] a\nnonsense")


class Write(unittest.TestCase):
    def test_what_was_written_is_read_again(self):
        items = [Item("a"), Item("b", True, "shop")]
        self.assertEqual(parse(write(items)), items)


if __name__ == "__main__":
    unittest.main()
