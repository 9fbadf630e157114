// SPDX-License-Identifier: Apache-2.0
#include "cli/table_output.h"

#include <ostream>
#include <sstream>

#include "base/text.h"
#include "cli/print.h"
#include "io/file.h"

namespace outlay::cli {

using base::Result;
using format::Value;

std::vector<Argument> table_options(bool with_parquet) {
  std::vector<std::string> styles{"table", "csv", "json"};
  if (with_parquet) styles.emplace_back("parquet");
  return {
      {.name = "format",
       .value_name = base::join(styles, "|"),
       .doc = "how the answer is written",
       .fallback = "table",
       .choices = styles},
      {.name = "out",
       .value_name = "FILE",
       .doc = "write to this file" + std::string(with_parquet ? "; parquet needs it" : "")},
  };
}

std::string style_of(Session& session, const Given& given) {
  if (given.has("format")) return given.text("format");
  return session.wants_json() ? "json" : "table";
}

Result<std::string> out_file(const Given& given) {
  if (given.has("out")) return given.text("out");
  return base::invalid_input("--format parquet needs a file to write to: give --out FILE.parquet.");
}

Result<int> print_result(Session& session, const Given& given, const Value& answer) {
  if (!given.has("out")) {
    print_answer(session.out(), answer, style_of(session, given));
    return 0;
  }
  std::ostringstream text;
  print_answer(text, answer, style_of(session, given));
  TRY(io::write_file(given.text("out"), text.str()));
  return 0;
}

Result<int> print_written(Session& session, const Value& answer) {
  if (session.wants_json())
    session.print_json(answer);
  else {
    session.out() << base::with_thousands(answer["rows"].int_or(0)) << " rows written to "
                  << answer["file"].text_or("") << "\n";
  }
  return 0;
}

}  // namespace outlay::cli
