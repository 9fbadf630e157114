// SPDX-License-Identifier: Apache-2.0
#include "expr/locales.h"

#include "base/text.h"
#include "expr/embedded.h"

namespace outlay::expr {
namespace {

using Locales = std::map<std::string, Locale, std::less<>>;

Locales parse(std::string_view text) {
  Locales out;
  for (const std::string& line : base::split_trimmed(text, '\n')) {
    if (line.empty() || line.front() == '#') continue;
    const std::size_t first = line.find(' ');
    const std::size_t second = line.find(' ', first + 1);
    Locale& locale = out[line.substr(0, first)];
    const std::string key = line.substr(first + 1, second - first - 1);
    const std::string rest = line.substr(second + 1);
    if (key == "months")
      locale.months = base::split_trimmed(rest, ' ');
    else if (key == "short_months")
      locale.short_months = base::split_trimmed(rest, ' ');
    else if (key == "days")
      locale.days = base::split_trimmed(rest, ' ');
    else if (key == "short_days")
      locale.short_days = base::split_trimmed(rest, ' ');
    else
      locale.styles[key] = rest;
  }
  return out;
}

}  // namespace

base::Result<const Locale*> find_locale(std::string_view tag) {
  static const Locales locales = parse(embedded_file("locales.txt"));
  const std::string language = base::lower(tag.substr(0, tag.find_first_of("-_")));
  if (language.empty() || language == "en") return nullptr;
  if (const auto found = locales.find(language); found != locales.end()) return &found->second;
  std::string known = "en";
  for (const auto& entry : locales) known += ", " + entry.first;
  return base::invalid_input(
      "there is no locale \"" + std::string(tag) + "\"; known languages are " + known);
}

}  // namespace outlay::expr
