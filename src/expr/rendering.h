// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expr/limits.h"
#include "expr/tree.h"

namespace outlay::expr {

/// What renderings within each other share.
struct Budget {
  std::size_t steps = 0;
  std::size_t written = 0;
  int depth = 0;
};

/// One run of a template over a scope. Values are read where they lie; only what an expression
/// computes is made, and lives until its statement ends.
class Rendering {
 public:
  Rendering(
      const Parsed& program, const Scope& scope, const Environment& environment, Budget& budget)
      : program_(program), scope_(scope), environment_(environment), budget_(budget) {}

  Rendering(const Rendering&) = delete;
  Rendering& operator=(const Rendering&) = delete;

  /// Writes the raw blocks with their tags, for a text that is rendered once more.
  void keep_raw() { keeps_raw_ = true; }

  base::Result<std::string> text();
  base::Result<format::Value> typed();

  const Environment& environment() const { return environment_; }

  const Scope& scope() const { return scope_; }

  Budget& budget() { return budget_; }

  /// A variable as the template sees it here; null pointer when undefined.
  const format::Value* variable(std::string_view name);
  /// The text of {% block name %}.
  base::Result<std::string> block(std::string_view name);
  /// Everything the template sees, as one map.
  format::Value context() const;
  /// Variables that the template itself has set, over the scope's, for a text rendered within this
  /// one.
  format::Value own_variables() const;

 private:
  using Value = format::Value;

  struct LoopState {
    std::int64_t index = 0;
    std::int64_t length = 0;
  };

  struct Local {
    std::string_view name;
    int id = -1;  ///< the name's number in the program
    const Value* value = nullptr;
    std::unique_ptr<Value> owned;
    const LoopState* loop = nullptr;
  };

  struct Frame {
    std::size_t begin = 0;
    bool is_macro = false;
  };

  /// What went wrong, kept small: most undefined variables are asked for with ?? and never
  /// reported.
  struct Failure {
    bool is_undefined = false;
    Spot spot;
    std::string message;  ///< of an undefined one: its name
  };

  /// Where a failure may be forgiven (`??`), to go on from there.
  struct Mark {
    std::size_t frames = 0;
    std::size_t locals = 0;
    int nested = 0;
    int depth = 0;
    const Statement* statement = nullptr;
  };

  Mark mark() const;
  void forgive(const Mark& mark);

  bool run(const Body& body);
  bool run(const Statement& statement);
  bool print(const Statement& statement);
  bool branch(const Statement& statement);
  bool loop(const Statement& statement);
  bool turns(const Statement& statement, const Value& list);
  bool set(const Statement& statement);
  bool filter(const Statement& statement);
  bool block(const Statement& statement);

  const Value* eval(const Expr& expr);
  const Value* eval_variable(const Expr& expr);
  const Value* eval_attribute(const Expr& expr);
  const Value* eval_index(const Expr& expr);
  const Value* eval_loop(const Expr& expr, const LoopState& state);
  const Value* eval_method(const Expr& expr);
  const Value* eval_filter(const Expr& expr);
  const Value* eval_test(const Expr& expr);
  const Value* eval_call(const Expr& expr);
  const Value* eval_macro(const Expr& expr);
  const Value* eval_unary(const Expr& expr);
  const Value* eval_logic(const Expr& expr);
  const Value* eval_binary(const Expr& expr);
  const Value* eval_comparison(const Expr& expr, const Value& a, const Value& b);
  const Value* eval_coalesce(const Expr& expr);
  const Value* eval_ternary(const Expr& expr);
  const Value* eval_list(const Expr& expr);
  const Value* eval_map(const Expr& expr);
  const Value* apply(
      const Expr& expr, const Value& input, std::size_t first, std::string_view what);
  const Value* method(const Expr& expr, const Value& base, const format::Array& arguments);
  /// Truth of a condition; nothing (and a failure) when it has none.
  std::optional<bool> condition(const Expr& expr, std::string_view where);

  template <class Wanted>
  const Local* find_local_where(const Wanted& is_wanted) const;
  const Local* find_local(std::string_view name) const;
  const Local* find_local(int id) const;
  /// What a local variable holds; for `loop` a map of what it tells.
  const Value* value_of(const Local& local);
  void put_local(std::string_view name, int id, Value value);
  void put_borrowed(std::string_view name, int id, const Value* value);
  void pop_frame();
  bool is_in_macro() const;
  const Value* keep(Value value);
  void release(std::size_t mark);
  bool write(const Value& value);
  bool write_text(std::string_view text);
  bool count_step(const Statement& statement);

  const Value* fail(const Expr& expr, std::string message);
  const Value* undefined(const Expr& expr, std::string_view name);
  base::Error error() const;
  base::Result<base::Done> render_program();

  const Parsed& program_;
  const Scope& scope_;
  const Environment& environment_;
  Budget& budget_;
  std::string out_;
  bool keeps_raw_ = false;

  // For typed results: how many pieces were written, the first of them, and whether one was a list
  // or map.
  bool is_typed_ = false;
  int nested_ = 0;
  int pieces_ = 0;
  Value first_piece_;
  bool has_structure_ = false;

  std::vector<Local> locals_;
  std::vector<Frame> frames_;
  // Values that were replaced while an expression may still look at them.
  std::vector<std::unique_ptr<Value>> retired_;
  const Statement* statement_ = nullptr;
  std::optional<Failure> failure_;

  static constexpr std::size_t kInline = 6;
  std::array<Value, kInline> inline_;
  std::vector<std::unique_ptr<Value>> spilled_;
  std::size_t used_ = 0;
};

// The innermost frame first; below all frames lies what the template itself has set.
template <class Wanted>
const Rendering::Local* Rendering::find_local_where(const Wanted& is_wanted) const {
  for (std::size_t i = locals_.size(), frame = frames_.size(); i > 0 || frame > 0;) {
    if (frame > 0 && i == frames_[frame - 1].begin) {
      if (frames_[--frame].is_macro) return nullptr;
      continue;
    }
    if (is_wanted(locals_[--i])) return &locals_[i];
  }
  return nullptr;
}

inline const Rendering::Local* Rendering::find_local(int id) const {
  return find_local_where([&](const Local& local) { return local.id == id; });
}

/// A method that templates may call on a value ('text'.size(), list.contains(1)); nothing when
/// there is none of that name.
std::optional<base::Result<format::Value>> call_method(
    const format::Value& base, std::string_view name, const format::Array& arguments);

/// The text without the tags of its raw blocks.
std::string without_raw_tags(std::string text);
/// Renders a text within another rendering: once, or until nothing changes.
base::Result<std::string> render_within(
    Rendering& outer, std::string_view text, const Scope& scope, bool is_recursive);

}  // namespace outlay::expr
