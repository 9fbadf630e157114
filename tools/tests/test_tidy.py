# SPDX-License-Identifier: Apache-2.0
import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import tidy  # noqa: E402

LICENCE = "// SPDX-License-Identifier: Apache-2.0\n"
README = "# base\n" + "".join(f"## {head}\nYes.\n" for head in tidy.README_HEADS)


class Tidy(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        self.write("src/money/README.md", README)

    def tearDown(self):
        self.folder.cleanup()

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def code(self, path, text):
        self.write(path, LICENCE + text)

    def findings(self):
        return tidy.check(self.root)[0]

    def rules(self):
        return [finding.rule for finding in self.findings()]

    def test_a_tidy_house_has_no_findings(self):
        self.code("src/money/a.cc", "int one() { return 1; }\n")
        self.assertEqual(self.findings(), [])

    def test_money_is_never_double(self):
        self.code("src/money/a.cc", "double half(double x);\n")
        self.assertEqual(self.rules(), ["double"])

    def test_elsewhere_only_names_of_money_count(self):
        self.write("src/ledger/README.md", README)
        self.code("src/ledger/a.cc", "double seconds = 0;\n")
        self.assertEqual(self.rules(), [])
        self.code("src/ledger/a.cc", "double billed_cost = 0;\n")
        self.assertEqual(self.rules(), ["double"])

    def test_a_line_may_opt_out_with_its_reason(self):
        self.code("src/money/a.cc", "double x;  // tidy: double: for charts\n")
        self.assertEqual(self.rules(), [])

    def test_a_comment_may_name_a_banned_word(self):
        self.code("src/money/a.cc", "// never double\n")
        self.assertEqual(self.rules(), [])

    def test_the_clock_is_passed_in(self):
        self.code("src/money/a.cc", "auto now = std::chrono::steady_clock::now();\n")
        self.assertEqual(self.rules(), ["clock"])

    def test_namespaces_open_inside_functions_only(self):
        self.code("src/money/a.cc", "using namespace std::chrono;\nvoid f() {\n  using namespace x;\n}\n")
        self.assertEqual(self.rules(), [])
        self.code("src/money/a.cc", "using namespace x;\n")
        self.assertEqual(self.rules(), ["using"])

    def test_what_is_shared_does_not_change(self):
        self.code("src/money/a.cc", "std::shared_ptr<const X> x;\n")
        self.assertEqual(self.rules(), [])
        self.code("src/money/a.cc", "std::shared_ptr<X> x;\n")
        self.assertEqual(self.rules(), ["shared"])

    def test_the_ratchet_holds_a_count_but_lets_it_not_grow(self):
        self.write("tools/size_ratchet.txt", "shared:src/money/a.cc 1  # why\n")
        self.code("src/money/a.cc", "std::shared_ptr<X> x;\n")
        self.assertEqual(self.rules(), [])
        self.code("src/money/a.cc", "std::shared_ptr<X> x;\nstd::shared_ptr<X> y;\n")
        self.assertEqual(self.rules(), ["shared", "shared"])

    def test_a_todo_has_an_issue(self):
        self.code("src/money/a.cc", "// TODO(#12): tell the zone\n")
        self.assertEqual(self.rules(), [])
        self.code("src/money/a.cc", "// TODO tell the zone\n// FIXME\n")
        self.assertEqual(self.rules(), ["fixme", "todo"] if self.rules()[0] == "fixme" else ["todo", "fixme"])

    def test_tests_do_not_sleep(self):
        self.code("src/money/a_test.cc", "std::this_thread::sleep_for(x);\n")
        self.assertEqual(self.rules(), ["sleep"])

    def test_every_file_names_its_licence(self):
        self.write("src/money/a.cc", "int x;\n")
        self.assertEqual(self.rules(), ["licence"])
        self.write("src/money/a.cc", LICENCE)
        self.write("tools/a.py", "#!/usr/bin/env python3\n# SPDX-License-Identifier: Apache-2.0\n")
        self.assertEqual(self.rules(), [])

    def test_a_readme_is_there_short_and_has_its_heads(self):
        self.write("src/attic/a.yaml", "x: 1\n")
        self.assertEqual(self.rules(), ["readme"])
        self.write("src/attic/README.md", README + "more\n" * 40)
        self.assertIn("keep to 40", self.findings()[0].message)
        self.write("src/attic/README.md", README.replace("## Its face", "## Face"))
        self.assertIn('"Its face"', self.findings()[0].message)

    def test_links_lead_somewhere(self):
        self.write("docs/a.md", "# One head\n[b](b.md) [head](#one-head) [web](https://example.com) `[x](y.md)`\n")
        self.assertEqual([finding.message for finding in self.findings()], ["b.md is not there"])
        self.write("docs/b.md", "# B\n")
        self.assertEqual(self.findings(), [])
        self.write("docs/a.md", "[b](b.md#gone)\n")
        self.assertEqual(self.rules(), ["link"])

    def test_a_long_function_is_named(self):
        body = "  one();\n" * 80
        self.code("src/money/a.cc", "int long_one(\n    int a) {\n" + body + "}\n")
        self.assertEqual(self.rules(), ["size"])
        self.assertIn("long_one has 83 lines", self.findings()[0].message)
        self.write("tools/size_ratchet.txt", "src/money/a.cc:long_one 83\n")
        self.assertEqual(self.rules(), [])

    def test_a_long_file_is_named(self):
        self.code("src/money/a.cc", "int x;\n" * 700)
        self.assertEqual(self.rules(), ["size"])

    def test_methods_inside_a_class_count_too(self):
        self.code("src/money/a.cc", "class A {\n  void f() {\n" + "    one();\n" * 80 + "  }\n};\n")
        self.assertEqual(self.rules(), ["size"])

    def test_long_sql_has_a_file_of_its_own(self):
        self.code("src/money/a.cc", 'auto sql = R"(SELECT 1\nFROM a\nWHERE b\nGROUP BY c)";\n')
        self.assertEqual(self.rules(), ["sql"])
        self.code("src/money/a.cc", 'auto sql =\n    "SELECT 1 "\n    "FROM a "\n    "WHERE b "\n    "GROUP BY c";\n')
        self.assertEqual(self.rules(), ["sql"])
        self.code("src/money/a.cc", 'auto sql = "SELECT 1 "\n    "FROM a";\n')
        self.assertEqual(self.rules(), [])

    def test_dead_files_are_named(self):
        self.code("src/money/lonely.h", "#pragma once\n")
        self.write("src/money/sql/gone.sql", "SELECT 1\n")
        self.write("src/money/empty.yaml", "")
        self.assertEqual(self.rules(), ["dead", "dead", "dead"])
        self.code("src/money/a.cc", '#include "money/lonely.h"\nauto x = embedded_file("sql/gone.sql");\n')
        self.assertEqual(self.rules(), ["dead"])

    def test_the_exit_status_tells(self):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            self.assertEqual(tidy.main(["--root", str(self.root)]), 0)
            self.code("src/money/a.cc", "double x;\n")
            self.assertEqual(tidy.main(["--root", str(self.root)]), 1)
        self.assertIn("1 findings", out.getvalue())


if __name__ == "__main__":
    unittest.main()
