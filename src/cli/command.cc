// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

#include <algorithm>
#include <cctype>

#include "base/check.h"
#include "base/text.h"
#include "format/json.h"

namespace outlay::cli {

using format::Value;

std::string Given::text(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() || found->second.empty() ? std::string() : found->second.back();
}

std::vector<std::string> Given::list(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

std::string option_name(std::string_view param) {
  std::string out;
  for (const char c : param) {
    if (std::isupper(static_cast<unsigned char>(c)) != 0) {
      out += '-';
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  return out;
}

namespace {

std::string value_name(const api::Param& param) {
  switch (param.kind) {
    case api::ParamKind::integer:
      return "N";
    case api::ParamKind::date:
      return "DAY";
    case api::ParamKind::instant:
      return "TIME";
    case api::ParamKind::map:
      return "JSON";
    case api::ParamKind::list:
      return param.name == "labels" ? "K=V,..." : "A,B";
    default:
      return base::join(param.choices, "|");
  }
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) {
    return static_cast<char>(std::toupper(c));
  });
  return out;
}

std::string fallback_text(const Value& value) {
  if (value.is_null() || value.is_bool()) return {};
  if (value.is_text()) return value.as_text();
  if (!value.is_array()) return format::print_json(value);
  std::vector<std::string> pieces;
  for (const Value& item : value.as_array()) pieces.push_back(item.text_or(""));
  return base::join(pieces, ",");
}

Argument option_of(const api::Param& param) {
  using Kind = Argument::Kind;
  Argument out{.name = option_name(param.name), .doc = param.doc};
  out.kind = param.kind == api::ParamKind::boolean ? Kind::flag
             : param.kind == api::ParamKind::list  ? Kind::list
                                                   : Kind::value;
  out.value_name = value_name(param);
  if (out.value_name.empty()) out.value_name = upper(param.name);
  out.is_required = param.is_required;
  out.fallback = fallback_text(param.fallback);
  out.choices = param.choices;
  return out;
}

const api::Operation& operation_of(std::string_view name) {
  const api::Operation* operation = api::find_operation(name);
  CHECK(operation != nullptr);
  return *operation;
}

}  // namespace

std::vector<Argument> options_of(
    std::string_view operation, const std::vector<std::string>& without) {
  std::vector<Argument> out;
  for (const api::Param& param : operation_of(operation).params) {
    if (std::find(without.begin(), without.end(), param.name) == without.end()) {
      out.push_back(option_of(param));
    }
  }
  return out;
}

format::Object request_of(std::string_view operation, const Given& given) {
  format::Object out;
  for (const api::Param& param : operation_of(operation).params) {
    const std::string name = option_name(param.name);
    if (!given.has(name)) continue;
    if (param.kind == api::ParamKind::boolean) {
      out.set(param.name, true);
    } else if (param.kind == api::ParamKind::list) {
      format::Array items;
      for (const std::string& text : given.list(name)) {
        for (std::string& piece : base::split_trimmed(text, ','))
          items.emplace_back(std::move(piece));
      }
      out.set(param.name, Value(std::move(items)));
    } else {
      out.set(param.name, given.text(name));
    }
  }
  return out;
}

std::vector<Argument> joined(std::vector<Argument> first, const std::vector<Argument>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace outlay::cli
