// SPDX-License-Identifier: Apache-2.0
#include "store/decimal_functions.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "money/money.h"

namespace outlay::store {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr int kDigitsMax = 38;

constexpr std::array<Wide, kDigitsMax + 1> make_powers() {
  std::array<Wide, kDigitsMax + 1> powers{};
  Wide power = 1;
  for (auto& item : powers) {
    item = power;
    power *= 10;
  }
  return powers;
}

constexpr auto kPowers = make_powers();

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A number's text taken apart: sign, the digits around the point, the exponent.
struct Parts {
  bool is_negative = false;
  std::string_view whole, decimals;
  int exponent = 0;
};

std::string_view take_digits(std::string_view text, std::size_t& at) {
  const std::size_t begin = at;
  while (at < text.size() && is_digit(text[at])) ++at;
  return text.substr(begin, at - begin);
}

bool take_exponent(std::string_view text, std::size_t& at, int& exponent) {
  if (at == text.size()) return true;
  if (text[at] != 'e' && text[at] != 'E') return false;
  ++at;
  const bool is_negative = at < text.size() && text[at] == '-';
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  const auto digits = take_digits(text, at);
  if (digits.empty() || digits.size() > 4) return false;
  for (const char c : digits) exponent = exponent * 10 + (c - '0');
  if (is_negative) exponent = -exponent;
  return at == text.size();
}

bool take_apart(std::string_view text, Parts& parts) {
  const auto is_blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  std::size_t at = 0;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) {
    parts.is_negative = text[at] == '-';
    ++at;
  }
  parts.whole = take_digits(text, at);
  if (at < text.size() && text[at] == '.') {
    ++at;
    parts.decimals = take_digits(text, at);
  }
  if (parts.whole.empty() && parts.decimals.empty()) return false;
  return take_exponent(text, at, parts.exponent);
}

/// The digit `index` of the number, counted from the first one of `whole`.
char digit_at(const Parts& parts, std::size_t index) {
  return index < parts.whole.size() ? parts.whole[index]
                                    : parts.decimals[index - parts.whole.size()];
}

/// How many of the digits stand before the `scale`th decimal's end; may be negative or more than
/// there are.
long kept_digits(const Parts& parts, int scale) {
  return static_cast<long>(parts.whole.size()) + parts.exponent + scale;
}

/// The number in units of 1e-scale, rounded half up; false when it has more than 38 digits.
bool read_number(const Parts& parts, int scale, Wide& units) {
  const auto digits = static_cast<long>(parts.whole.size() + parts.decimals.size());
  const long kept = kept_digits(parts, scale);
  units = 0;
  if (kept < 0) return true;
  const Wide limit = kPowers[kDigitsMax] / 10;
  for (long i = 0; i < std::min(kept, digits); ++i) {
    if (units >= limit) return false;
    units = units * 10 + static_cast<unsigned>(digit_at(parts, static_cast<std::size_t>(i)) - '0');
  }
  if (kept >= digits) {
    if (units == 0) return true;
    const long zeros = kept - digits;
    if (zeros > kDigitsMax) return false;
    const Wide power = kPowers[static_cast<std::size_t>(zeros)];
    if (units > (kPowers[kDigitsMax] - 1) / power) return false;
    units *= power;
    return true;
  }
  if (digit_at(parts, static_cast<std::size_t>(kept)) >= '5') ++units;
  return units < kPowers[kDigitsMax];
}

bool is_rounded(const Parts& parts, int scale) {
  const auto digits = static_cast<long>(parts.whole.size() + parts.decimals.size());
  for (long i = std::max(kept_digits(parts, scale), 0L); i < digits; ++i) {
    if (digit_at(parts, static_cast<std::size_t>(i)) != '0') return true;
  }
  return false;
}

std::string_view text_of(duckdb_string_t& text) {
  return {duckdb_string_t_data(&text), duckdb_string_t_length(text)};
}

/// Texts of the first argument and which rows have one.
struct Texts {
  duckdb_string_t* data;
  std::uint64_t* validity;
  idx_t count;

  explicit Texts(duckdb_data_chunk chunk) {
    auto* vector = duckdb_data_chunk_get_vector(chunk, 0);
    data = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector));
    validity = duckdb_vector_get_validity(vector);
    count = duckdb_data_chunk_get_size(chunk);
  }

  bool has(idx_t row) const {
    return validity == nullptr || duckdb_validity_row_is_valid(validity, row);
  }
};

template <int kScale>
void read_decimals(duckdb_function_info, duckdb_data_chunk chunk, duckdb_vector output) {
  Texts texts(chunk);
  auto* out = static_cast<duckdb_hugeint*>(duckdb_vector_get_data(output));
  std::uint64_t* validity = nullptr;
  for (idx_t row = 0; row < texts.count; ++row) {
    Parts parts;
    Wide units = 0;
    if (texts.has(row) && take_apart(text_of(texts.data[row]), parts) &&
        read_number(parts, kScale, units)) {
      const Wide value = parts.is_negative ? -units : units;
      out[row].lower = static_cast<std::uint64_t>(value);
      out[row].upper = static_cast<std::int64_t>(value >> 64U);
      continue;
    }
    if (validity == nullptr) {
      duckdb_vector_ensure_validity_writable(output);
      validity = duckdb_vector_get_validity(output);
    }
    duckdb_validity_set_row_invalid(validity, row);
  }
}

void tell_rounded(duckdb_function_info, duckdb_data_chunk chunk, duckdb_vector output) {
  Texts texts(chunk);
  const auto* scales =
      static_cast<std::int32_t*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 1)));
  auto* out = static_cast<bool*>(duckdb_vector_get_data(output));
  for (idx_t row = 0; row < texts.count; ++row) {
    Parts parts;
    out[row] = texts.has(row) && take_apart(text_of(texts.data[row]), parts) &&
               is_rounded(parts, scales[row]);
  }
}

/// A type that is released with its scope.
struct Type {
  duckdb_logical_type type;

  explicit Type(duckdb_logical_type a_type) : type(a_type) {}

  ~Type() { duckdb_destroy_logical_type(&type); }

  Type(const Type&) = delete;
  Type& operator=(const Type&) = delete;
};

base::Result<base::Done> add(
    duckdb_connection connection,
    const char* name,
    bool has_scale,
    const Type& answer,
    duckdb_scalar_function_t function) {
  auto scalar = duckdb_create_scalar_function();
  duckdb_scalar_function_set_name(scalar, name);
  const Type text(duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR));
  duckdb_scalar_function_add_parameter(scalar, text.type);
  if (has_scale) {
    const Type whole(duckdb_create_logical_type(DUCKDB_TYPE_INTEGER));
    duckdb_scalar_function_add_parameter(scalar, whole.type);
  }
  duckdb_scalar_function_set_return_type(scalar, answer.type);
  duckdb_scalar_function_set_function(scalar, function);
  duckdb_scalar_function_set_special_handling(scalar);
  const auto state = duckdb_register_scalar_function(connection, scalar);
  duckdb_destroy_scalar_function(&scalar);
  if (state == DuckDBSuccess) return base::Done{};
  return base::internal_error(std::string("the query engine does not take the function ") + name);
}

}  // namespace

base::Result<base::Done> add_decimal_functions(duckdb_connection connection) {
  const Type money(duckdb_create_decimal_type(38, money::kMoneyScale));
  const Type quantity(duckdb_create_decimal_type(38, money::kQuantityScale));
  const Type boolean(duckdb_create_logical_type(DUCKDB_TYPE_BOOLEAN));
  TRY(add(connection, "outlay_money", false, money, read_decimals<money::kMoneyScale>));
  TRY(add(connection, "outlay_quantity", false, quantity, read_decimals<money::kQuantityScale>));
  return add(connection, "outlay_is_rounded", true, boolean, tell_rounded);
}

}  // namespace outlay::store
