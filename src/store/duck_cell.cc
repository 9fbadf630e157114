// SPDX-License-Identifier: Apache-2.0
#include "store/duck_cell.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <memory>

#include <fmt/format.h>

#include "base/time.h"
#include "money/decimal.h"

namespace outlay::store {
namespace {

using money::Int128;

template <class T>
T read(duckdb_vector vector, idx_t row) {
  return static_cast<const T*>(duckdb_vector_get_data(vector))[row];
}

Int128 read_hugeint(duckdb_vector vector, idx_t row) {
  const auto value = read<duckdb_hugeint>(vector, row);
  return static_cast<Int128>(value.upper) * (static_cast<Int128>(1) << 64) +
         static_cast<Int128>(value.lower);
}

std::string digits_of(Int128 value, int scale) {
  const bool is_negative = value < 0;
  std::string digits;
  // Negative remainders throughout, so that the smallest number needs no negation.
  Int128 rest = is_negative ? value : -value;
  do {
    digits.push_back(static_cast<char>('0' - static_cast<int>(rest % 10)));
    rest /= 10;
  } while (rest != 0);
  while (digits.size() <= static_cast<std::size_t>(scale)) digits.push_back('0');
  std::string out;
  if (is_negative) out.push_back('-');
  for (std::size_t i = digits.size(); i-- > 0;) {
    out.push_back(digits[i]);
    if (i == static_cast<std::size_t>(scale) && scale > 0) out.push_back('.');
  }
  return out;
}

template <class Real>
std::string real_text(Real value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return {buffer, end};
}

std::string instant_text(std::int64_t micros) {
  if (micros == std::numeric_limits<std::int64_t>::max()) return "infinity";
  if (micros == -std::numeric_limits<std::int64_t>::max()) return "-infinity";
  return base::print_instant(base::Instant(base::Duration(micros)));
}

std::string date_text(std::int32_t days) {
  if (days == std::numeric_limits<std::int32_t>::max()) return "infinity";
  if (days == -std::numeric_limits<std::int32_t>::max()) return "-infinity";
  return base::print_date(base::Date(std::chrono::sys_days(std::chrono::days(days))));
}

std::string clock_text(std::int64_t micros) {
  auto text = base::print_instant(base::Instant(base::Duration(micros)));
  return text.substr(11, text.size() - 12);
}

std::string interval_text(duckdb_interval value) {
  std::string out = "P";
  if (value.months != 0) out += fmt::format("{}M", value.months);
  if (value.days != 0) out += fmt::format("{}D", value.days);
  if (value.micros != 0 || out.size() == 1) {
    out += base::print_duration(base::Duration(value.micros)).substr(1);
  }
  return out;
}

std::string uuid_text(Int128 value) {
  // DuckDB flips the top bit so that the signed order is the order of the text.
  const auto top = static_cast<std::uint64_t>(value >> 64) ^ (1ULL << 63U);
  const auto low = static_cast<std::uint64_t>(value);
  return fmt::format(
      "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
      top >> 32U,
      (top >> 16U) & 0xFFFFU,
      top & 0xFFFFU,
      low >> 48U,
      low & 0xFFFFFFFFFFFFULL);
}

std::string string_at(duckdb_vector vector, idx_t row) {
  auto* value = &static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector))[row];
  return {duckdb_string_t_data(value), duckdb_string_t_length(*value)};
}

std::string blob_text(const std::string& bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

void append_quoted(std::string_view text, std::string& out) {
  out.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

bool is_null(duckdb_vector vector, idx_t row) {
  uint64_t* validity = duckdb_vector_get_validity(vector);
  return validity != nullptr && !duckdb_validity_row_is_valid(validity, row);
}

std::string owned(char* text) {
  std::string out = text == nullptr ? "" : text;
  duckdb_free(text);
  return out;
}

/// The child type, read and released.
CellReader child_of(duckdb_logical_type type) {
  auto reader = CellReader::of(type);
  duckdb_destroy_logical_type(&type);
  return reader;
}

bool is_instant(duckdb_type id) {
  return id == DUCKDB_TYPE_TIMESTAMP || id == DUCKDB_TYPE_TIMESTAMP_TZ ||
         id == DUCKDB_TYPE_TIMESTAMP_S || id == DUCKDB_TYPE_TIMESTAMP_MS ||
         id == DUCKDB_TYPE_TIMESTAMP_NS;
}

bool is_nested(duckdb_type id) {
  return id == DUCKDB_TYPE_LIST || id == DUCKDB_TYPE_ARRAY || id == DUCKDB_TYPE_STRUCT ||
         id == DUCKDB_TYPE_MAP;
}

bool is_integer(duckdb_type id) {
  return (id >= DUCKDB_TYPE_TINYINT && id <= DUCKDB_TYPE_UBIGINT) || id == DUCKDB_TYPE_HUGEINT;
}

}  // namespace

CellReader CellReader::of(duckdb_logical_type type) {
  CellReader reader;
  reader.id = duckdb_get_type_id(type);
  if (reader.id == DUCKDB_TYPE_VARCHAR) {
    reader.is_json = owned(duckdb_logical_type_get_alias(type)) == "JSON";
  } else if (reader.id == DUCKDB_TYPE_DECIMAL) {
    reader.scale = duckdb_decimal_scale(type);
    reader.storage = duckdb_decimal_internal_type(type);
  } else if (reader.id == DUCKDB_TYPE_ENUM) {
    reader.storage = duckdb_enum_internal_type(type);
    for (idx_t i = 0; i < duckdb_enum_dictionary_size(type); ++i) {
      reader.names.push_back(owned(duckdb_enum_dictionary_value(type, i)));
    }
  } else if (reader.id == DUCKDB_TYPE_LIST) {
    reader.children.push_back(child_of(duckdb_list_type_child_type(type)));
  } else if (reader.id == DUCKDB_TYPE_ARRAY) {
    reader.array_size = duckdb_array_type_array_size(type);
    reader.children.push_back(child_of(duckdb_array_type_child_type(type)));
  } else if (reader.id == DUCKDB_TYPE_MAP) {
    reader.children.push_back(child_of(duckdb_map_type_key_type(type)));
    reader.children.push_back(child_of(duckdb_map_type_value_type(type)));
  } else if (reader.id == DUCKDB_TYPE_STRUCT) {
    for (idx_t i = 0; i < duckdb_struct_type_child_count(type); ++i) {
      reader.names.push_back(owned(duckdb_struct_type_child_name(type, i)));
      reader.children.push_back(child_of(duckdb_struct_type_child_type(type, i)));
    }
  }
  return reader;
}

bool CellReader::is_readable() const {
  for (const auto& child : children) {
    if (!child.is_readable()) return false;
  }
  switch (id) {
    case DUCKDB_TYPE_INVALID:
    case DUCKDB_TYPE_UNION:
    case DUCKDB_TYPE_BIT:
    case DUCKDB_TYPE_TIME_TZ:
    case DUCKDB_TYPE_TIME_NS:
    case DUCKDB_TYPE_BIGNUM:
    case DUCKDB_TYPE_UHUGEINT:
    case DUCKDB_TYPE_ANY:
      return false;
    default:
      return true;
  }
}

Type CellReader::type() const {
  if (is_integer(id)) return Type::integer;
  if (is_instant(id)) return Type::timestamp;
  if (is_nested(id) || is_json) return Type::json;
  switch (id) {
    case DUCKDB_TYPE_BOOLEAN:
      return Type::boolean;
    case DUCKDB_TYPE_DECIMAL:
      return Type::decimal;
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
      return Type::real;
    case DUCKDB_TYPE_DATE:
      return Type::date;
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_ENUM:
    case DUCKDB_TYPE_UUID:
    case DUCKDB_TYPE_SQLNULL:
      return Type::text;
    default:
      return Type::other;
  }
}

Cell CellReader::cell(duckdb_vector vector, idx_t row) const {
  if (id == DUCKDB_TYPE_SQLNULL || is_null(vector, row)) return std::nullopt;
  return text(vector, row);
}

std::string CellReader::number(duckdb_vector vector, idx_t row) const {
  switch (id == DUCKDB_TYPE_DECIMAL || id == DUCKDB_TYPE_ENUM ? storage : id) {
    case DUCKDB_TYPE_TINYINT:
      return digits_of(read<std::int8_t>(vector, row), scale);
    case DUCKDB_TYPE_SMALLINT:
      return digits_of(read<std::int16_t>(vector, row), scale);
    case DUCKDB_TYPE_INTEGER:
      return digits_of(read<std::int32_t>(vector, row), scale);
    case DUCKDB_TYPE_BIGINT:
      return digits_of(read<std::int64_t>(vector, row), scale);
    case DUCKDB_TYPE_UTINYINT:
      return digits_of(read<std::uint8_t>(vector, row), scale);
    case DUCKDB_TYPE_USMALLINT:
      return digits_of(read<std::uint16_t>(vector, row), scale);
    case DUCKDB_TYPE_UINTEGER:
      return digits_of(read<std::uint32_t>(vector, row), scale);
    case DUCKDB_TYPE_UBIGINT:
      return digits_of(static_cast<Int128>(read<std::uint64_t>(vector, row)), scale);
    case DUCKDB_TYPE_FLOAT:
      return real_text(read<float>(vector, row));
    case DUCKDB_TYPE_DOUBLE:
      return real_text(read<double>(vector, row));
    default:
      return digits_of(read_hugeint(vector, row), scale);
  }
}

std::string CellReader::time(duckdb_vector vector, idx_t row) const {
  switch (id) {
    case DUCKDB_TYPE_DATE:
      return date_text(read<std::int32_t>(vector, row));
    case DUCKDB_TYPE_TIME:
      return clock_text(read<std::int64_t>(vector, row));
    case DUCKDB_TYPE_TIMESTAMP_S:
      return instant_text(read<std::int64_t>(vector, row) * 1'000'000);
    case DUCKDB_TYPE_TIMESTAMP_MS:
      return instant_text(read<std::int64_t>(vector, row) * 1'000);
    case DUCKDB_TYPE_TIMESTAMP_NS:
      return instant_text(read<std::int64_t>(vector, row) / 1'000);
    default:
      return instant_text(read<std::int64_t>(vector, row));
  }
}

std::string CellReader::text(duckdb_vector vector, idx_t row) const {
  if (is_nested(id)) return nested(vector, row);
  if (is_instant(id) || id == DUCKDB_TYPE_DATE || id == DUCKDB_TYPE_TIME) return time(vector, row);
  switch (id) {
    case DUCKDB_TYPE_BOOLEAN:
      return read<bool>(vector, row) ? "true" : "false";
    case DUCKDB_TYPE_VARCHAR:
      return string_at(vector, row);
    case DUCKDB_TYPE_BLOB:
      return blob_text(string_at(vector, row));
    case DUCKDB_TYPE_UUID:
      return uuid_text(read_hugeint(vector, row));
    case DUCKDB_TYPE_INTERVAL:
      return interval_text(read<duckdb_interval>(vector, row));
    case DUCKDB_TYPE_ENUM:
      return names[static_cast<std::size_t>(std::stoul(number(vector, row)))];
    default:
      return number(vector, row);
  }
}

// Depth is bounded by the type's own nesting. NOLINTNEXTLINE(misc-no-recursion)
void CellReader::append_json(duckdb_vector vector, idx_t row, std::string& out) const {
  if (id == DUCKDB_TYPE_SQLNULL || is_null(vector, row)) {
    out += "null";
    return;
  }
  const auto value = text(vector, row);
  const auto kind = type();
  const bool is_bare =
      kind == Type::integer || kind == Type::decimal || kind == Type::boolean ||
      kind == Type::json ||
      (kind == Type::real && value != "NaN" && value.find("Infinity") == std::string::npos);
  if (is_bare) {
    out += value;
  } else {
    append_quoted(value, out);
  }
}

// NOLINTNEXTLINE(misc-no-recursion)
std::string CellReader::nested(duckdb_vector vector, idx_t row) const {
  std::string out;
  if (id == DUCKDB_TYPE_STRUCT) {
    for (std::size_t i = 0; i < children.size(); ++i) {
      out += i == 0 ? "{" : ",";
      append_quoted(names[i], out);
      out.push_back(':');
      children[i].append_json(duckdb_struct_vector_get_child(vector, i), row, out);
    }
    return out.empty() ? "{}" : out + "}";
  }
  if (id == DUCKDB_TYPE_ARRAY) {
    for (std::size_t i = 0; i < array_size; ++i) {
      out += i == 0 ? "[" : ",";
      children[0].append_json(duckdb_array_vector_get_child(vector), row * array_size + i, out);
    }
    return out + "]";
  }
  const auto span = read<duckdb_list_entry>(vector, row);
  const duckdb_vector items = duckdb_list_vector_get_child(vector);
  if (id == DUCKDB_TYPE_LIST) {
    for (idx_t i = span.offset; i < span.offset + span.length; ++i) {
      out += i == span.offset ? "[" : ",";
      children[0].append_json(items, i, out);
    }
    return out.empty() ? "[]" : out + "]";
  }
  for (idx_t i = span.offset; i < span.offset + span.length; ++i) {
    out += i == span.offset ? "{" : ",";
    append_quoted(children[0].text(duckdb_struct_vector_get_child(items, 0), i), out);
    out.push_back(':');
    children[1].append_json(duckdb_struct_vector_get_child(items, 1), i, out);
  }
  return out.empty() ? "{}" : out + "}";
}

}  // namespace outlay::store
