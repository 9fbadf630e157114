# SPDX-License-Identifier: Apache-2.0
import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import check_layers  # noqa: E402

CMAKE = """
# lowest first
module(base)
module(money USES base)
module(store USES base
  money)
"""


class CheckLayers(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        self.write("CMakeLists.txt", CMAKE)
        for module in ("base", "money", "store"):
            self.write(f"src/{module}/{module}.h", "#pragma once\n")

    def tearDown(self):
        self.folder.cleanup()

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def problems(self):
        return check_layers.check(self.root)[1]

    def test_a_house_in_order_has_no_problems(self):
        self.write("src/store/a.cc", '#include "store/store.h"\n#include <vector>\n#include "money/money.h"\n')
        self.assertEqual(self.problems(), [])

    def test_an_include_upwards_is_named_with_its_line(self):
        self.write("src/money/a.cc", '\n#include "store/store.h"\n')
        self.assertEqual(len(self.problems()), 1)
        self.assertTrue(self.problems()[0].startswith("src/money/a.cc:2: money may use base, not store"))

    def test_a_module_that_is_used_before_it_is_declared_is_refused(self):
        self.write("CMakeLists.txt", "module(base USES money)\nmodule(money USES base)\nmodule(store)\n")
        self.assertTrue(any("not declared above it" in problem for problem in self.problems()))

    def test_a_line_may_be_broken_and_commented(self):
        house = check_layers.read_house(CMAKE + "# module(ghost)\n")
        self.assertEqual(house.uses["store"], ["base", "money"])
        self.assertNotIn("ghost", house.uses)

    def test_a_third_party_library_stays_in_its_home(self):
        self.write("src/store/a.cc", "#include <duckdb.h>\n")
        self.assertEqual(self.problems(), [])
        self.write("src/money/a.cc", "#include <duckdb.h>\n")
        self.assertIn("only store may include <duckdb.h>", self.problems()[0])

    def test_test_libraries_stay_in_tests(self):
        self.write("src/base/a_test.cc", "#include <gtest/gtest.h>\n")
        self.assertEqual(self.problems(), [])
        self.write("src/base/a.cc", "#include <gtest/gtest.h>\n")
        self.assertEqual(len(self.problems()), 1)

    def test_a_boost_library_without_a_home_is_refused(self):
        self.write("src/base/a.cc", "#include <boost/spirit.hpp>\n")
        self.assertIn("has no home", self.problems()[0])

    def test_a_header_that_is_not_there_is_named(self):
        self.write("src/money/a.cc", '#include "base/gone.h"\n#include "money/embedded.h"\n')
        self.assertEqual(len(self.problems()), 1)
        self.assertIn('"base/gone.h" is not there', self.problems()[0])

    def test_a_folder_without_a_module_line_is_named(self):
        self.write("src/attic/a.cc", "")
        self.assertIn("src/attic: has no module(attic ...)", self.problems()[0])

    def test_the_exit_status_tells(self):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            self.assertEqual(check_layers.main(["--root", str(self.root)]), 0)
            self.write("src/base/a.cc", '#include "money/money.h"\n')
            self.assertEqual(check_layers.main(["--root", str(self.root)]), 1)
            self.assertEqual(check_layers.main(["--root", str(self.root), "--graph"]), 0)
        self.assertIn("base", out.getvalue())


if __name__ == "__main__":
    unittest.main()
