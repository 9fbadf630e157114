// SPDX-License-Identifier: Apache-2.0
#include "flow/inputs.h"

#include <algorithm>
#include <charconv>
#include <regex>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "expr/crypto.h"
#include "expr/ion.h"
#include "flow/scope.h"
#include "format/json.h"
#include "format/yaml.h"

namespace outlay::flow {
namespace {

using base::Result;
using format::Value;

constexpr std::string_view kEncrypted = "io.kestra.datatype:aes_encrypted";

std::string plain(const Value& value) {
  return value.is_text() ? value.as_text() : format::print_json(value);
}

std::string_view name_of(InputType type) {
  switch (type) {
    case InputType::integer:
      return "INT";
    case InputType::floating:
      return "FLOAT";
    case InputType::boolean:
      return "BOOL";
    case InputType::date_time:
      return "DATETIME";
    case InputType::date:
      return "DATE";
    case InputType::time:
      return "TIME";
    case InputType::duration:
      return "DURATION";
    case InputType::array:
      return "ARRAY";
    case InputType::multi_select:
      return "MULTISELECT";
    case InputType::json:
      return "JSON";
    case InputType::yaml:
      return "YAML";
    case InputType::uri:
      return "URI";
    case InputType::file:
      return "FILE";
    case InputType::ion:
      return "ION";
    case InputType::table:
      return "TABLE";
    default:
      return "STRING";
  }
}

base::Error wrong(const Input& input, const std::string& cause) {
  return base::invalid_input("Invalid value for input `" + input.id + "`. Cause: " + cause);
}

// A value that is none of the type at all; `hint` says what one looks like.
base::Error no_such(const Input& input, const Value& found, const std::string& hint) {
  return wrong(
      input,
      "Expected `" + std::string(name_of(input.type)) + "` but received `" + plain(found) +
          "`; give " + hint);
}

std::string listed(const std::vector<std::string>& values) {
  return "`[" + base::join(values, ", ") + "]`";
}

double number_of(const Value& value) {
  if (value.is_int()) return static_cast<double>(value.as_int());
  if (value.is_double()) return value.as_double();
  const std::string text = value.is_exact() ? value.as_exact().text : value.text_or("0");
  return std::strtod(text.c_str(), nullptr);
}

Result<Value> limited(const Input& input, Value value) {
  if (!input.min.is_null() && number_of(value) < number_of(input.min))
    return wrong(input, "it must be more than `" + plain(input.min) + "`");
  if (!input.max.is_null() && number_of(value) > number_of(input.max))
    return wrong(input, "it must be less than `" + plain(input.max) + "`");
  return value;
}

Result<Value> integer(const Input& input, const Value& given) {
  if (given.is_int()) return limited(input, given);
  const std::string text(base::trim(given.text_or("")));
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size())
    return no_such(input, given, "a whole number");
  return limited(input, Value(number));
}

Result<Value> floating(const Input& input, const Value& given) {
  if (given.is_double()) return limited(input, given);
  if (given.is_int()) return limited(input, Value(static_cast<double>(given.as_int())));
  const std::string text(base::trim(given.text_or("")));
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size())
    return no_such(input, given, "a number");
  return limited(input, Value(number));
}

Result<Value> boolean(const Input& input, const Value& given) {
  if (given.is_bool()) return given;
  const std::string text = base::lower(base::trim(given.text_or("")));
  if (text == "true") return Value(true);
  if (text == "false") return Value(false);
  return no_such(input, given, "true or false");
}

Result<Value> moment(const Input& input, const Value& given) {
  const std::string text = given.text_or("");
  if (input.type == InputType::date && !base::parse_date(text))
    return no_such(input, given, "a date such as 2026-01-31");
  if (input.type == InputType::date_time && !base::parse_instant(text))
    return no_such(input, given, "a date and time such as 2026-01-31T09:00:00Z");
  static const std::regex clock(R"(([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?)");
  if (input.type == InputType::time && !std::regex_match(text, clock))
    return no_such(input, given, "a time such as 09:00:00");
  // Moments are compared as moments, days and times by their text, which sorts alike.
  const auto before = [&](const std::string& a, const std::string& b) {
    const auto x = base::parse_instant(a);
    const auto y = base::parse_instant(b);
    return x && y ? *x < *y : a < b;
  };
  if (!input.after.is_null() && before(text, input.after.text_or("")))
    return wrong(input, "it must be after `" + plain(input.after) + "`");
  if (!input.before.is_null() && before(input.before.text_or(""), text))
    return wrong(input, "it must be before `" + plain(input.before) + "`");
  return given;
}

Result<Value> span(const Input& input, const Value& given) {
  const auto length = base::parse_duration(given.text_or(""));
  if (!length) return no_such(input, given, "an ISO 8601 duration such as PT30S");
  const auto min = base::parse_duration(input.min.text_or(""));
  const auto max = base::parse_duration(input.max.text_or(""));
  if (min && *length < *min) return wrong(input, "It must be more than `" + plain(input.min) + "`");
  if (max && *length > *max) return wrong(input, "It must be less than `" + plain(input.max) + "`");
  return given;
}

Result<Value> text(const Input& input, const Value& given) {
  if (given.is_array() || given.is_object()) return no_such(input, given, "a text");
  Value value = given.is_text() ? given : Value(format::print_json(given));
  if (!input.validator.empty() && !std::regex_match(value.as_text(), std::regex(input.validator)))
    return wrong(input, "it must match the pattern `" + input.validator + "`");
  return value;
}

Result<Value> selected(const Input& input, const Value& given) {
  const Value value = given.is_text() ? given : Value(format::print_json(given));
  const bool is_listed =
      std::find(input.values.begin(), input.values.end(), value.as_text()) != input.values.end();
  if (is_listed || input.allows_custom_value) return value;
  return wrong(input, "it must match the values " + listed(input.values));
}

Result<Value> document(const Input& input, const Value& given) {
  if (!given.is_text()) return given;
  if (input.type == InputType::yaml) {
    auto node = format::parse_yaml(given.as_text());
    if (!node) return no_such(input, given, "YAML (" + node.error().text() + ")");
    return node->value();
  }
  auto parsed = format::parse_json(given.as_text());
  if (!parsed) return no_such(input, given, "JSON (" + parsed.error().text() + ")");
  return *parsed;
}

Result<Value> list(const Input& input, const Value& given) {
  Value items = given;
  if (given.is_text()) {
    auto node = format::parse_yaml(given.as_text());
    if (node) items = node->value();
  }
  if (!items.is_array()) return no_such(input, given, "a list");
  const bool is_choice = input.type == InputType::multi_select;
  format::Array out;
  Input item = input;
  item.type = is_choice ? InputType::select : input.item_type.value_or(InputType::string);
  for (const Value& one : items.as_array()) {
    auto value = typed_value(item, one);
    if (!value && is_choice)
      return wrong(
          input, "value `" + plain(one) + "` doesn't match the values " + listed(input.values));
    if (!value)
      return wrong(
          input,
          "Unable to parse array element as `" + std::string(name_of(item.type)) + "` on `" +
              plain(one) + "`");
    out.push_back(*std::move(value));
  }
  return Value(std::move(out));
}

// Rows of a TABLE: each cell is checked like an input and named input[row].column.
Result<Value> table(const Input& input, const Value& given) {
  Value rows = given;
  if (given.is_text()) {
    auto node = format::parse_yaml(given.as_text());
    if (node) rows = node->value();
  }
  if (!rows.is_array()) return no_such(input, given, "a list of rows");
  const auto count = static_cast<std::int64_t>(rows.as_array().size());
  if (input.min.is_int() && count < input.min.as_int())
    return wrong(input, "it must have at least `" + plain(input.min) + "` rows");
  if (input.max.is_int() && count > input.max.as_int())
    return wrong(input, "it must have at most `" + plain(input.max) + "` rows");
  std::vector<base::Error> errors;
  format::Array out;
  for (const Value& row : rows.as_array()) {
    format::Object cells;
    const std::string place = input.id + "[" + std::to_string(out.size()) + "].";
    for (Input column : input.columns) {
      const Value& cell = row[column.id].is_null() ? column.defaults : row[column.id];
      const std::string name = std::exchange(column.id, place + column.id);
      if (cell.is_null() && column.is_required)
        errors.push_back(base::invalid_input("Missing required input:" + column.id));
      if (cell.is_null()) continue;
      auto value = typed_value(column, cell);
      if (value)
        cells.set(name, *std::move(value));
      else
        errors.push_back(std::move(value).error());
    }
    out.emplace_back(std::move(cells));
  }
  if (!errors.empty()) return base::join_errors(errors);
  return Value(std::move(out));
}

Result<Value> ion(const Input& input, const Value& given) {
  if (!given.is_text()) return given;
  auto values = expr::parse_ion(given.as_text());
  if (!values) return no_such(input, given, "Ion text (" + values.error().text() + ")");
  return values->size() == 1 ? values->front() : Value(*std::move(values));
}

Result<Value> file(const Input& input, const Value& given) {
  const std::string uri = given.text_or("");
  if (uri.empty()) return no_such(input, given, "a file");
  const auto ends = [&](const std::string& tail) {
    return uri.size() >= tail.size() &&
           uri.compare(uri.size() - tail.size(), tail.size(), tail) == 0;
  };
  if (!input.extensions.empty() &&
      std::none_of(input.extensions.begin(), input.extensions.end(), ends))
    return wrong(input, "its extension must be one of " + listed(input.extensions));
  return given;
}

}  // namespace

Result<Value> typed_value(const Input& input, const Value& given) {
  switch (input.type) {
    case InputType::integer:
      return integer(input, given);
    case InputType::floating:
      return floating(input, given);
    case InputType::boolean:
      return boolean(input, given);
    case InputType::date_time:
    case InputType::date:
    case InputType::time:
      return moment(input, given);
    case InputType::duration:
      return span(input, given);
    case InputType::select:
      return selected(input, given);
    case InputType::array:
    case InputType::multi_select:
      return list(input, given);
    case InputType::json:
    case InputType::yaml:
      return document(input, given);
    case InputType::ion:
      return ion(input, given);
    case InputType::table:
      return table(input, given);
    case InputType::file:
      return file(input, given);
    case InputType::uri:
      if (given.text_or("").find(':') == std::string::npos)
        return no_such(input, given, "a URI with a scheme");
      return given;
    case InputType::email: {
      static const std::regex address(R"([^@\s]+@[^@\s]+\.[^@\s]+)");
      if (!std::regex_match(given.text_or(""), address))
        return wrong(input, "The input must be a valid email address");
      return given;
    }
    default:
      return text(input, given);
  }
}

namespace {

// Inputs with dotted ids may be given as maps within maps.
format::Object flattened(const std::vector<Input>& declared, const format::Object& given) {
  format::Object flat;
  for (const auto& [key, value] : given) {
    const std::string prefix = key + ".";
    const bool is_group =
        value.is_object() &&
        std::none_of(
            declared.begin(),
            declared.end(),
            [&prefix](const Input& input) { return input.id + "." == prefix; }) &&
        std::any_of(declared.begin(), declared.end(), [&prefix](const Input& input) {
          return input.id.rfind(prefix, 0) == 0;
        });
    if (!is_group) {
      flat.set(key, value);
      continue;
    }
    for (const auto& [inner, item] : value.as_object()) flat.set(prefix + inner, item);
  }
  return flat;
}

/// Resolves the inputs of one new execution.
class Resolution {
 public:
  Resolution(
      const std::vector<Input>& declared,
      const format::Object& given,
      const expr::Scope& outer,
      const expr::Environment& environment,
      std::string_view key)
      : declared_(declared), given_(given), outer_(outer), environment_(environment), key_(key) {}

  Result<Value> all() {
    std::vector<base::Error> errors;
    for (const Input* input : ordered()) {
      auto value = one(*input);
      if (!value)
        errors.push_back(std::move(value).error());
      else if (*value)
        out_.set(input->id, **value);
    }
    if (!errors.empty()) return base::join_errors(errors);
    return kept();
  }

 private:
  // What the execution keeps: in the order of the declarations, secrets encrypted.
  Result<Value> kept() const {
    format::Object out;
    for (const Input& input : declared_) {
      const Value* value = out_.find(input.id);
      if (value == nullptr) continue;
      if (input.type != InputType::secret || !value->is_text()) {
        out.set(input.id, *value);
        continue;
      }
      base::hide_in_log(value->as_text());
      const std::string encrypted = TRY(expr::encrypt(key_, value->as_text()));
      out.set(input.id, Value::object({{"type", kEncrypted}, {"value", encrypted}}));
    }
    return Value(std::move(out));
  }

  // Those that others depend on first.
  std::vector<const Input*> ordered() const {
    std::vector<const Input*> out;
    while (out.size() < declared_.size()) {
      const std::size_t before = out.size();
      for (const Input& input : declared_) {
        const auto is_out = [&](const std::string& id) {
          return std::any_of(out.begin(), out.end(), [&](const Input* x) { return x->id == id; });
        };
        if (!is_out(input.id) &&
            std::all_of(input.depends_on.begin(), input.depends_on.end(), is_out))
          out.push_back(&input);
      }
      if (out.size() == before) break;  // a circle: those inputs are dropped
    }
    return out;
  }

  expr::Scope scope() const {
    return expr::Scope(Value::object({{"inputs", nested(Value(out_))}}), &outer_);
  }

  Result<bool> applies(const Input& input) const {
    for (const std::string& needed : input.depends_on) {
      const Value* value = out_.find(needed);
      if (value == nullptr || value->is_null()) return false;
    }
    if (input.condition.empty()) return true;
    const auto compiled = TRY(expr::Template::parse(input.condition));
    const Value value = TRY(compiled.render_typed(scope(), environment_));
    return value.is_bool() ? value.as_bool() : value.text_or("") == "true";
  }

  Result<std::optional<Value>> one(const Input& declared) {
    if (!TRY(applies(declared))) return std::optional<Value>();
    Input input = declared;
    if (!input.expression.empty()) {
      const auto compiled = TRY(expr::Template::parse(input.expression));
      Value values = TRY(compiled.render_typed(scope(), environment_));
      if (values.is_text()) values = TRY(format::parse_json(values.as_text()));
      if (values.is_array())
        for (const Value& value : values.as_array())
          input.values.push_back(value.is_text() ? value.as_text() : format::print_json(value));
    }
    const Value* given = given_.find(input.id);
    if (given != nullptr && !given->is_null())
      return std::optional<Value>(TRY(typed_value(input, *given)));
    if (!input.defaults.is_null()) {
      const Value rendered = TRY(expr::render_deep(input.defaults, scope(), environment_, true));
      return std::optional<Value>(TRY(typed_value(input, rendered)));
    }
    if (input.selects_first && !input.values.empty())
      return std::optional<Value>(Value(input.values.front()));
    if (!input.is_required) return std::optional<Value>(Value());
    return base::invalid_input("Missing required input:" + input.id);
  }

  const std::vector<Input>& declared_;
  const format::Object& given_;
  const expr::Scope& outer_;
  const expr::Environment& environment_;
  const std::string_view key_;
  format::Object out_;
};

}  // namespace

Result<Value> resolve_inputs(
    const std::vector<Input>& declared,
    const format::Object& given,
    const expr::Scope& outer,
    const expr::Environment& environment,
    std::string_view key,
    std::vector<std::string>& ignored) {
  const format::Object flat = flattened(declared, given);
  for (const auto& entry : flat) {
    const std::string& name = entry.first;
    if (std::none_of(declared.begin(), declared.end(), [&name](const Input& input) {
          return input.id == name;
        }))
      ignored.push_back(name);
  }
  return Resolution(declared, flat, outer, environment, key).all();
}

Value revealed(const Value& inputs, std::string_view key) {
  if (!inputs.is_object()) return inputs;
  bool has_secret = false;
  for (const auto& entry : inputs.as_object())
    has_secret = has_secret || entry.second["type"].text_or("") == kEncrypted;
  if (!has_secret) return inputs;
  format::Object out;
  for (const auto& [name, value] : inputs.as_object()) {
    if (value["type"].text_or("") != kEncrypted) {
      out.set(name, value);
      continue;
    }
    const auto plain = expr::decrypt(key, value["value"].text_or(""));
    if (plain) base::hide_in_log(*plain);
    out.set(name, plain ? Value(*plain) : Value());
  }
  return Value(std::move(out));
}

}  // namespace outlay::flow
