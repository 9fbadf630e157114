// SPDX-License-Identifier: Apache-2.0
#include "expr/slug.h"

#include "base/text.h"
#include "expr/values.h"

namespace outlay::expr {
namespace {

// Base letters of U+00C0 to U+017F by Unicode's canonical decomposition; a dot where there is none.
constexpr std::string_view kBaseLetters =
    "AAAAAA.CEEEEIIII"
    ".NOOOOO..UUUUY.."
    "aaaaaa.ceeeeiiii"
    ".nooooo..uuuuy.y"
    "AaAaAaCcCcCcCcDd"
    "..EeEeEeEeEeGgGg"
    "GgGgHh..IiIiIiIi"
    "I...JjKk.LlLlLl."
    "...NnNnNn...OoOo"
    "Oo..RrRrRrSsSsSs"
    "SsTtTt..UuUuUuUu"
    "UuUuWwYyYZzZzZz.";

char base_letter(std::string_view character) {
  if (character.size() != 2) return '.';
  const unsigned code = (static_cast<unsigned char>(character[0]) & 0x1Fu) << 6 |
                        (static_cast<unsigned char>(character[1]) & 0x3Fu);
  constexpr unsigned kFirst = 0xC0;
  return code >= kFirst && code < kFirst + kBaseLetters.size() ? kBaseLetters[code - kFirst] : '.';
}

}  // namespace

std::string slug(std::string_view text) {
  std::string out;
  for (std::string_view character : characters(text)) {
    char c = character.size() == 1 ? character[0] : base_letter(character);
    const bool is_space = c == ' ' || (c >= '\t' && c <= '\r');
    if (is_space || c == '_') c = '-';
    const bool is_kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (is_kept) {
      out += c;
    } else if (c == '-' && !(out.ends_with('-'))) {
      out += c;
    }
  }
  if (out.starts_with('-')) out.erase(0, 1);
  if (out.ends_with('-')) out.pop_back();
  return base::lower(out);
}

}  // namespace outlay::expr
