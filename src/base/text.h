// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace outlay::base {

/// Without white space at both ends.
std::string_view trim(std::string_view text);
std::vector<std::string> split(std::string_view text, char separator);
/// Splits at `separator`, trims each piece, drops empty ones.
std::vector<std::string> split_trimmed(std::string_view text, char separator);
std::string join(const std::vector<std::string>& pieces, std::string_view separator);
/// ASCII only; other bytes stay as they are.
std::string lower(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);
std::string replace_all(std::string_view text, std::string_view from, std::string_view to);
/// The candidate with the smallest edit distance, if it is close enough to be what was meant; else empty.
std::string nearest(std::string_view wanted, const std::vector<std::string>& candidates);
/// ` Did you mean "x"?` for the nearest candidate, or nothing.
std::string did_you_mean(std::string_view wanted, const std::vector<std::string>& candidates);
/// 'it''s': a literal for SQL.
std::string sql_text(std::string_view text);
/// "a""b": a quoted name for SQL.
std::string sql_name(std::string_view name);
/// 1234567 as "1,234,567".
std::string with_thousands(long long number);
std::string base64_encode(std::string_view bytes);
/// Accepts missing padding and line breaks; nothing when other characters occur.
bool base64_decode(std::string_view text, std::string& out);
bool is_utf8(std::string_view bytes);

}  // namespace outlay::base
