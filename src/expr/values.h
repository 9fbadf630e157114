// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "expr/tree.h"
#include "format/value.h"

namespace outlay::expr {

/// A double as Java prints it: 1.0, 0.001, 1.0E10, 1.0E-4, NaN, Infinity.
std::string print_double(double value);
/// What {{ value }} writes: null nothing, lists and maps JSON, all else as Java's toString.
void append_output(std::string& out, const format::Value& value);
std::string output_text(const format::Value& value);
/// JSON with doubles in Java's form.
void append_json(std::string& out, const format::Value& value);
/// Java's toString, which `~`, `+`, isIn and join use: null, [1, 2], {a=1}.
void append_java(std::string& out, const format::Value& value);
std::string java_text(const format::Value& value);

/// The number as a double; exact numbers are read from their digits.
double to_double(const format::Value& number);
/// The number without its fraction, as Java's longValue().
std::int64_t to_integer(const format::Value& number);
/// Numbers compare by value whatever their kind, all else must be of the same kind.
bool is_equal(const format::Value& a, const format::Value& b);
/// Negative, zero or positive; both are numbers.
int compare_numbers(const format::Value& a, const format::Value& b);
/// Truth in `if`, `and`, `not`, ?: of booleans, numbers (not 0) and text (not empty); nothing for
/// other kinds.
std::optional<bool> truth(const format::Value& value);
bool is_empty(const format::Value& value);

/// + - * / % as Pebble does them: text joins, lists grow, 64-bit integers wrap and truncate.
base::Result<format::Value> arithmetic(
    Kind operation, const format::Value& a, const format::Value& b);
/// a contains b.
base::Result<bool> contains(const format::Value& a, const format::Value& b);
bool is_in(const format::Value& needle, const format::Value& hay);
/// The list a..b by steps; numbers or single characters.
base::Result<format::Value> range(
    const format::Value& from, const format::Value& to, std::int64_t step);

/// Length in UTF-16 units, which is what Java counts.
std::size_t utf16_length(std::string_view text);
/// The byte offset of UTF-16 unit `index` (the text's size when it is past the end).
std::size_t utf16_offset(std::string_view text, std::size_t index);
/// Splits UTF-8 into characters.
std::vector<std::string_view> characters(std::string_view text);
/// Upper, lower case by Unicode, one character to one.
std::string upper_case(std::string_view text);
std::string lower_case(std::string_view text);

}  // namespace outlay::expr
