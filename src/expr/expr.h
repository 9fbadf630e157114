// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "format/value.h"

namespace outlay::expr {

/// What expressions may ask of the outside. Every function may be empty: the expression function
/// then fails by name.
struct Environment {
  const base::Clock* clock = nullptr;
  std::function<base::Result<std::string>(std::string_view key, std::string_view name_space)>
      secret;
  std::function<base::Result<format::Value>(
      std::string_view key, std::string_view name_space, bool error_on_missing)>
      kv;
  /// Content of a storage URI, namespace file, or file left by an earlier task.
  std::function<base::Result<std::string>(std::string_view uri)> read;
  std::function<base::Result<format::Value>(
      std::string_view function, const format::Array& arguments)>
      other;
};

/// Variables by name, looked up without copying: the innermost scope first.
class Scope {
 public:
  Scope() = default;

  explicit Scope(format::Value variables, const Scope* outer = nullptr)
      : variables_(std::move(variables)), outer_(outer) {}

  /// Null pointer when undefined (a null value is defined).
  const format::Value* find(std::string_view name) const;

  const format::Value& variables() const { return variables_; }

  const Scope* outer() const { return outer_; }

 private:
  format::Value variables_;
  const Scope* outer_ = nullptr;
};

/// A template ("Hello {{ inputs.name }}") parsed once and rendered often. Immutable; share between
/// threads. Language: reference in docs/reference/expressions.md.
class Template {
 public:
  /// An error's place has line and column within the text.
  static base::Result<Template> parse(std::string_view text);
  ~Template();
  Template(const Template&);
  Template(Template&&) noexcept;
  Template& operator=(const Template&);
  Template& operator=(Template&&) noexcept;

  /// Has no expression or tag: renders to itself.
  bool is_plain() const;
  base::Result<std::string> render(const Scope& scope, const Environment& environment) const;
  /// The native value when the text is one {{ }} and nothing else; else the rendered text.
  base::Result<format::Value> render_typed(
      const Scope& scope, const Environment& environment) const;

 private:
  struct Program;
  explicit Template(std::shared_ptr<const Program> program);
  std::shared_ptr<const Program> program_;
};

/// Renders every text inside `value`, keys too (a rendered key never overwrites an existing one).
base::Result<format::Value> render_deep(
    const format::Value& value, const Scope& scope, const Environment& environment, bool typed);
/// Parses and renders until nothing changes, at most 100 times.
base::Result<std::string> render_recursive(
    std::string_view text, const Scope& scope, const Environment& environment);
/// Truth of rendered text as flows see it: "", "false", "0", "-0" (trimmed) are false, all else is
/// true.
bool is_truthy_text(std::string_view rendered);

}  // namespace outlay::expr
