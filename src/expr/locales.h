// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace outlay::expr {

/// How a language names months and days and writes dates; the data is spec/expr/locales.txt.
struct Locale {
  std::vector<std::string> months, short_months;  ///< January first
  std::vector<std::string> days, short_days;      ///< Monday first
  std::map<std::string, std::string, std::less<>>
      styles;  ///< patterns of full, long, medium, short
};

/// The locale of a tag such as "fr", "fr_CA" or "de-AT"; null for English, which is built in. Fails
/// for a language that is not there.
base::Result<const Locale*> find_locale(std::string_view tag);

}  // namespace outlay::expr
