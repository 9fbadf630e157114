// SPDX-License-Identifier: Apache-2.0
// The expression half of Rendering.
#include <charconv>

#include <fmt/format.h>

#include "expr/rendering.h"
#include "expr/values.h"

namespace outlay::expr {

using format::Array;
using format::Object;
using format::Value;

namespace {

const Value kTrue(true);
const Value kFalse(false);
const Value kNull;

}  // namespace

const Value* Rendering::eval(const Expr& expr) {
  switch (expr.kind) {
    case Kind::literal:
      return &expr.literal;
    case Kind::variable:
      return eval_variable(expr);
    case Kind::attribute:
      return eval_attribute(expr);
    case Kind::index:
      return eval_index(expr);
    case Kind::method:
      return eval_method(expr);
    case Kind::call:
      return expr.macro >= 0 ? eval_macro(expr) : eval_call(expr);
    case Kind::filter:
      return eval_filter(expr);
    case Kind::test:
      return eval_test(expr);
    case Kind::negate:
    case Kind::plus:
    case Kind::logical_not:
      return eval_unary(expr);
    case Kind::logical_or:
    case Kind::logical_and:
      return eval_logic(expr);
    case Kind::null_coalesce:
    case Kind::undefined_coalesce:
      return eval_coalesce(expr);
    case Kind::ternary:
      return eval_ternary(expr);
    case Kind::list:
      return eval_list(expr);
    case Kind::map:
      return eval_map(expr);
    default:
      return eval_binary(expr);
  }
}

const Value* Rendering::eval_variable(const Expr& expr) {
  const Value* found = nullptr;
  if (const Local* local = find_local(expr.name_id)) {
    found = value_of(*local);
  } else if (!is_in_macro()) {
    found = scope_.find(expr.name);
  }
  return found != nullptr ? found : undefined(expr, expr.name);
}

const Value* Rendering::eval_loop(const Expr& expr, const LoopState& state) {
  switch (expr.loop_part) {
    case LoopPart::index:
      return keep(state.index);
    case LoopPart::length:
      return keep(state.length);
    case LoopPart::first:
      return state.index == 0 ? &kTrue : &kFalse;
    case LoopPart::last:
      return state.index + 1 == state.length ? &kTrue : &kFalse;
    case LoopPart::revindex:
      return keep(state.length - state.index - 1);
    case LoopPart::none:
      break;
  }
  return undefined(expr, expr.name);
}

const Value* Rendering::eval_attribute(const Expr& expr) {
  const Expr& child = *expr.children[0];
  if (expr.is_of_loop) {
    const Local* local = find_local(kLoopId);
    if (local != nullptr && local->loop != nullptr) return eval_loop(expr, *local->loop);
  }
  const Value* base = eval(child);
  if (base == nullptr) return nullptr;
  if (base->is_object()) {
    const Value* found = base->as_object().find(expr.name);
    return found != nullptr ? found : undefined(expr, expr.name);
  }
  if (base->is_null())
    return undefined(expr, child.kind == Kind::variable ? child.name : expr.name);
  return method(expr, *base, {});
}

const Value* Rendering::eval_index(const Expr& expr) {
  const Value* base = eval(*expr.children[0]);
  if (base == nullptr) return nullptr;
  const Value* key = eval(*expr.children[1]);
  if (key == nullptr) return nullptr;
  if (base->is_null()) {
    const Expr& child = *expr.children[0];
    return undefined(expr, child.kind == Kind::variable ? child.name : java_text(*key));
  }
  if (base->is_array()) {
    const Array& list = base->as_array();
    std::int64_t index = -1;
    bool is_index = key->is_int();
    if (is_index) {
      index = key->as_int();
    } else if (key->is_text()) {
      const std::string& text = key->as_text();
      const auto end = std::from_chars(text.data(), text.data() + text.size(), index);
      is_index = end.ec == std::errc() && end.ptr == text.data() + text.size();
    }
    if (is_index && index >= 0 && index < static_cast<std::int64_t>(list.size())) {
      return &list[static_cast<std::size_t>(index)];
    }
    return undefined(expr, java_text(*key));
  }
  if (!base->is_object()) return undefined(expr, java_text(*key));
  const Value* found = key->is_text() ? base->as_object().find(key->as_text())
                                      : base->as_object().find(java_text(*key));
  return found != nullptr ? found : undefined(expr, java_text(*key));
}

const Value* Rendering::eval_method(const Expr& expr) {
  const Value* base = eval(*expr.children[0]);
  if (base == nullptr) return nullptr;
  if (base->is_null()) {
    const Expr& child = *expr.children[0];
    return undefined(expr, child.kind == Kind::variable ? child.name : expr.name);
  }
  Array arguments;
  for (std::size_t i = 1; i < expr.children.size(); ++i) {
    const Value* argument = eval(*expr.children[i]);
    if (argument == nullptr) return nullptr;
    arguments.push_back(*argument);
  }
  return method(expr, *base, arguments);
}

const Value* Rendering::method(const Expr& expr, const Value& base, const Array& arguments) {
  std::optional<base::Result<Value>> answer = call_method(base, expr.name, arguments);
  if (!answer) return undefined(expr, expr.name);
  if (!*answer) return fail(expr, answer->error().message);
  return keep(*std::move(*answer));
}

// Evaluates the arguments from child `first` on and calls the builtin.
const Value* Rendering::apply(
    const Expr& expr, const Value& input, std::size_t first, std::string_view what) {
  constexpr std::size_t kFew = 8;
  const std::size_t count = expr.children.size() - first;
  std::array<const Value*, kFew> few{};
  std::vector<const Value*> many;
  if (count > kFew) many.resize(count);
  const Value** arguments = count > kFew ? many.data() : few.data();
  for (std::size_t i = 0; i < count; ++i) {
    const ExprPtr& child = expr.children[first + i];
    arguments[i] = child == nullptr ? nullptr : eval(*child);
    if (child != nullptr && arguments[i] == nullptr) return nullptr;
  }
  Call call(*this, what, input, {arguments, count});
  base::Result<Value> answer = expr.builtin->apply(call);
  if (answer) return keep(*std::move(answer));
  if (!failure_) fail(expr, fmt::format("{} '{}': {}", what, expr.name, answer.error().message));
  return nullptr;
}

const Value* Rendering::eval_filter(const Expr& expr) {
  const Mark before = mark();
  const Value* input = eval(*expr.children[0]);
  if (input == nullptr) {
    if (!expr.builtin->takes_undefined || !failure_->is_undefined) return nullptr;
    forgive(before);
    input = &kNull;
  }
  return apply(expr, *input, 1, "filter");
}

const Value* Rendering::eval_test(const Expr& expr) {
  const Mark before = mark();
  const Value* input = eval(*expr.children[0]);
  if (input == nullptr) {
    if (!expr.builtin->takes_undefined || !failure_->is_undefined) return nullptr;
    forgive(before);
    input = &kNull;
  }
  const Value* answer = apply(expr, *input, 1, "test");
  if (answer == nullptr) return nullptr;
  return answer->as_bool() != expr.is_negated ? &kTrue : &kFalse;
}

const Value* Rendering::eval_call(const Expr& expr) { return apply(expr, kNull, 0, "function"); }

const Value* Rendering::eval_macro(const Expr& expr) {
  const Macro& macro = *program_.macros[static_cast<std::size_t>(expr.macro)];
  if (++budget_.depth > kCallsMax) {
    return fail(
        expr, fmt::format("the macro '{}' is called more than {} deep", macro.name, kCallsMax));
  }
  std::vector<Value> values(macro.parameters.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const ExprPtr& given = expr.children[i];
    const Value* value = given != nullptr ? eval(*given) : &kNull;
    if (value == nullptr) return nullptr;
    values[i] = *value;
  }
  frames_.push_back({locals_.size(), true});
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (expr.children[i] == nullptr && macro.defaults[i] != nullptr) {
      const Value* value = eval(*macro.defaults[i]);
      if (value == nullptr) return nullptr;
      values[i] = *value;
    }
    put_borrowed(macro.parameters[i], macro.parameter_ids[i], &values[i]);
  }
  std::string outer = std::move(out_);
  out_.clear();
  ++nested_;
  const bool is_good = run(macro.body);
  std::swap(outer, out_);
  if (!is_good) return nullptr;
  --nested_;
  pop_frame();
  --budget_.depth;
  return keep(Value(std::move(outer)));
}

const Value* Rendering::eval_unary(const Expr& expr) {
  if (expr.kind == Kind::logical_not) {
    const std::optional<bool> holds = condition(*expr.children[0], "'not'");
    if (!holds) return nullptr;
    return *holds ? &kFalse : &kTrue;
  }
  const Value* value = eval(*expr.children[0]);
  if (value == nullptr) return nullptr;
  base::Result<Value> answer =
      arithmetic(Kind::multiply, *value, Value(std::int64_t{expr.kind == Kind::negate ? -1 : 1}));
  if (!answer) return fail(expr, fmt::format("a sign wants a number, found {}", value->kind()));
  return keep(*std::move(answer));
}

const Value* Rendering::eval_logic(const Expr& expr) {
  const bool is_or = expr.kind == Kind::logical_or;
  const std::string_view where = is_or ? "'or'" : "'and'";
  const std::optional<bool> left = condition(*expr.children[0], where);
  if (!left) return nullptr;
  if (*left == is_or) return is_or ? &kTrue : &kFalse;
  const std::optional<bool> right = condition(*expr.children[1], where);
  if (!right) return nullptr;
  return *right ? &kTrue : &kFalse;
}

const Value* Rendering::eval_coalesce(const Expr& expr) {
  const Mark before = mark();
  const Value* left = eval(*expr.children[0]);
  if (left == nullptr) {
    if (!failure_->is_undefined) return nullptr;
    forgive(before);
    return eval(*expr.children[1]);
  }
  if (expr.kind == Kind::null_coalesce && left->is_null()) return eval(*expr.children[1]);
  return left;
}

// Unlike `if`, a ternary takes null as false.
const Value* Rendering::eval_ternary(const Expr& expr) {
  const Value* value = eval(*expr.children[0]);
  if (value == nullptr) return nullptr;
  bool holds = false;
  if (!value->is_null()) {
    const std::optional<bool> found = truth(*value);
    if (!found) {
      return fail(
          expr, fmt::format("'?' wants a boolean, a number or text, found {}", value->kind()));
    }
    holds = *found;
  }
  return eval(*expr.children[holds ? 1 : 2]);
}

const Value* Rendering::eval_list(const Expr& expr) {
  Array out;
  out.reserve(expr.children.size());
  for (const ExprPtr& child : expr.children) {
    const Value* item = eval(*child);
    if (item == nullptr) return nullptr;
    out.push_back(*item);
  }
  return keep(Value(std::move(out)));
}

const Value* Rendering::eval_map(const Expr& expr) {
  std::vector<Object::Entry> entries;
  entries.reserve(expr.children.size() / 2);
  for (std::size_t i = 0; i + 1 < expr.children.size(); i += 2) {
    const Value* key = eval(*expr.children[i]);
    if (key == nullptr) return nullptr;
    const Value* value = eval(*expr.children[i + 1]);
    if (value == nullptr) return nullptr;
    entries.emplace_back(java_text(*key), *value);
  }
  return keep(Value::object(std::move(entries)));
}

const Value* Rendering::eval_comparison(const Expr& expr, const Value& a, const Value& b) {
  if (expr.kind == Kind::equal || expr.kind == Kind::not_equal) {
    return is_equal(a, b) == (expr.kind == Kind::equal) ? &kTrue : &kFalse;
  }
  if (a.is_null() || b.is_null()) return &kFalse;
  if (!a.is_number() || !b.is_number()) {
    return fail(
        expr,
        fmt::format(
            "the comparison wants two numbers, found {} and {} (text becomes a number by `| "
            "number`)",
            a.kind(),
            b.kind()));
  }
  const int order = compare_numbers(a, b);
  const bool holds = expr.kind == Kind::less         ? order < 0
                     : expr.kind == Kind::greater    ? order > 0
                     : expr.kind == Kind::less_equal ? order <= 0
                                                     : order >= 0;
  return holds ? &kTrue : &kFalse;
}

const Value* Rendering::eval_binary(const Expr& expr) {
  const Value* a = eval(*expr.children[0]);
  if (a == nullptr) return nullptr;
  const Value* b = eval(*expr.children[1]);
  if (b == nullptr) return nullptr;
  switch (expr.kind) {
    case Kind::equal:
    case Kind::not_equal:
    case Kind::less:
    case Kind::greater:
    case Kind::less_equal:
    case Kind::greater_equal:
      return eval_comparison(expr, *a, *b);
    case Kind::is_in:
      return is_in(*a, *b) ? &kTrue : &kFalse;
    case Kind::concat: {
      std::string out;
      if (!a->is_null()) append_java(out, *a);
      if (!b->is_null()) append_java(out, *b);
      return keep(Value(std::move(out)));
    }
    case Kind::contains: {
      const base::Result<bool> answer = contains(*a, *b);
      if (!answer) return fail(expr, answer.error().message);
      return *answer ? &kTrue : &kFalse;
    }
    default:
      break;
  }
  base::Result<Value> answer =
      expr.kind == Kind::range ? range(*a, *b, 1) : arithmetic(expr.kind, *a, *b);
  if (!answer) return fail(expr, answer.error().message);
  return keep(*std::move(answer));
}

}  // namespace outlay::expr
