// SPDX-License-Identifier: Apache-2.0
#include "expr/expr.h"

#include <fmt/format.h>

#include "base/text.h"
#include "expr/rendering.h"
#include "expr/values.h"

namespace outlay::expr {

using format::Array;
using format::Object;
using format::Value;

struct Template::Program : Parsed {
  explicit Program(Parsed parsed) : Parsed(std::move(parsed)) {}
};

const Value* Scope::find(std::string_view name) const {
  for (const Scope* scope = this; scope != nullptr; scope = scope->outer_) {
    if (!scope->variables_.is_object()) continue;
    if (const Value* found = scope->variables_.as_object().find(name)) return found;
  }
  return nullptr;
}

base::Result<Template> Template::parse(std::string_view text) {
  // The most common template is none at all.
  if (text.find('{') == std::string_view::npos) {
    Parsed plain;
    plain.is_plain = true;
    plain.text = text;
    return Template(std::make_shared<const Program>(std::move(plain)));
  }
  Parsed parsed = TRY(parse_template(text));
  return Template(std::make_shared<const Program>(std::move(parsed)));
}

Template::Template(std::shared_ptr<const Program> program) : program_(std::move(program)) {}

Template::~Template() = default;
Template::Template(const Template&) = default;
Template::Template(Template&&) noexcept = default;
Template& Template::operator=(const Template&) = default;
Template& Template::operator=(Template&&) noexcept = default;

bool Template::is_plain() const { return program_->is_plain; }

base::Result<std::string> Template::render(
    const Scope& scope, const Environment& environment) const {
  if (program_->is_plain) return program_->text;
  Budget budget;
  std::string out = TRY(Rendering(*program_, scope, environment, budget).text());
  return without_raw_tags(std::move(out));
}

base::Result<Value> Template::render_typed(
    const Scope& scope, const Environment& environment) const {
  if (program_->is_plain) return Value(program_->text);
  Budget budget;
  Value out = TRY(Rendering(*program_, scope, environment, budget).typed());
  if (out.is_text() && out.as_text().find('{') != std::string::npos) {
    return Value(without_raw_tags(out.as_text()));
  }
  return out;
}

namespace {

/// One pass of a recursive rendering; raw blocks keep their tags for the pass after it.
base::Result<std::string> pass(
    std::string_view text, const Scope& scope, const Environment& environment, Budget& budget) {
  if (text.find('{') == std::string_view::npos) return std::string(text);
  const Parsed program = TRY(parse_template(text));
  if (program.is_plain) return program.text;
  Rendering rendering(program, scope, environment, budget);
  rendering.keep_raw();
  return rendering.text();
}

base::Result<std::string> until_unchanged(
    std::string text, const Scope& scope, const Environment& environment, Budget& budget) {
  for (int count = 0; count <= kRendersMax; ++count) {
    std::string next = TRY(pass(text, scope, environment, budget));
    if (next == text) return next;
    text = std::move(next);
  }
  return base::invalid_input(fmt::format(
      "Too many rendering attempts: after {} passes the text still changes; do its variables refer "
      "to each other?",
      kRendersMax));
}

}  // namespace

base::Result<std::string> render_within(
    Rendering& outer, std::string_view text, const Scope& scope, bool is_recursive) {
  Budget& budget = outer.budget();
  if (budget.depth + 1 > kCallsMax) {
    return base::invalid_input(fmt::format(
        "Too many rendering attempts: render() is called more than {} deep", kCallsMax));
  }
  ++budget.depth;
  base::Result<std::string> out =
      is_recursive ? until_unchanged(std::string(text), scope, outer.environment(), budget)
                   : pass(text, scope, outer.environment(), budget);
  --budget.depth;
  if (!out) return out;
  return without_raw_tags(*std::move(out));
}

namespace {

// {%-* word -*%} at `begin`; answers where it ends, or npos.
std::size_t end_of_tag(std::string_view text, std::size_t begin, std::string_view word) {
  const auto skip = [&](std::size_t at, std::string_view what) {
    const std::size_t next = text.find_first_not_of(what, at);
    return next == std::string_view::npos ? text.size() : next;
  };
  std::size_t at = skip(skip(begin + 2, "-"), " \t\r\n");
  if (!text.substr(at).starts_with(word)) return std::string_view::npos;
  at = skip(skip(at + word.size(), " \t\r\n"), "-");
  return text.substr(at).starts_with("%}") ? at + 2 : std::string_view::npos;
}

}  // namespace

std::string without_raw_tags(std::string text) {
  // Braces are rarer than letters: nearly every text is done with after one quick look.
  if (text.find('{') == std::string::npos || text.find("endraw") == std::string::npos) return text;
  std::string out;
  std::size_t copied = 0;
  for (std::size_t open = text.find("{%"); open != std::string::npos;
       open = text.find("{%", open + 2)) {
    const std::size_t inside = end_of_tag(text, open, "raw");
    if (inside == std::string::npos) continue;
    std::size_t close = text.find("{%", inside);
    while (close != std::string::npos && end_of_tag(text, close, "endraw") == std::string::npos) {
      close = text.find("{%", close + 2);
    }
    if (close == std::string::npos) break;
    out.append(text, copied, open - copied);
    out.append(text, inside, close - inside);
    copied = end_of_tag(text, close, "endraw");
    open = copied - 2;
  }
  out.append(text, copied, std::string::npos);
  return out;
}

base::Result<Value> render_deep(
    const Value& value, const Scope& scope, const Environment& environment, bool typed) {
  if (value.is_text()) {
    if (value.as_text().find('{') == std::string::npos) return value;
    const Template parsed = TRY(Template::parse(value.as_text()));
    if (typed) return parsed.render_typed(scope, environment);
    std::string out = TRY(parsed.render(scope, environment));
    return Value(std::move(out));
  }
  if (value.is_array()) {
    Array out;
    out.reserve(value.as_array().size());
    for (const Value& item : value.as_array()) {
      out.push_back(TRY(render_deep(item, scope, environment, typed)));
    }
    return Value(std::move(out));
  }
  if (!value.is_object()) return value;
  Object out;
  for (const auto& [key, item] : value.as_object()) {
    Value name = TRY(render_deep(Value(key), scope, environment, false));
    Value inner = TRY(render_deep(item, scope, environment, typed));
    if (out.find(name.as_text()) == nullptr) out.set(name.as_text(), std::move(inner));
  }
  return Value(std::move(out));
}

base::Result<std::string> render_recursive(
    std::string_view text, const Scope& scope, const Environment& environment) {
  Budget budget;
  std::string out = TRY(until_unchanged(std::string(text), scope, environment, budget));
  return without_raw_tags(std::move(out));
}

bool is_truthy_text(std::string_view rendered) {
  const std::string_view text = base::trim(rendered);
  return !text.empty() && text != "false" && text != "0" && text != "-0";
}

}  // namespace outlay::expr
