// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace outlay::tasks {

/// A cell of a sheet of an Excel workbook (.xlsx).
struct XlsxCell {
  enum class Kind { blank, text, number, boolean, date } kind = Kind::blank;
  /// The text; a number's own digits; "true" or "false"; a date's serial number in days, as the
  /// file has it.
  std::string text;
};

struct XlsxSheet {
  std::string name;
  std::vector<std::vector<XlsxCell>> rows;  ///< rows and cells that are not in the file are blank
};

/// The sheets of a workbook in its order, with the cached values of formulas. invalid_input when
/// it is none, or would unpack to more than 1 GiB.
base::Result<std::vector<XlsxSheet>> read_xlsx(std::string_view bytes);
/// A workbook of these sheets; the same sheets give the same bytes. Dates take ISO 8601 texts
/// here ("2024-05-01", "2024-05-01T10:00:00Z") and become serial numbers with a date's look.
/// `is_bold` sets the first row in bold type.
base::Result<std::string> write_xlsx(const std::vector<XlsxSheet>& sheets, bool is_bold);

/// A serial number of days as ISO 8601: a date when it is whole, else a date and time without a
/// zone. Days count from 1899-12-30, so that all after February 1900 are right.
base::Result<std::string> xlsx_date(std::string_view serial);

}  // namespace outlay::tasks
