// SPDX-License-Identifier: Apache-2.0
#include "expr/rendering.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "expr/values.h"
#include "format/json.h"

namespace outlay::expr {

using format::Array;
using format::Object;
using format::Value;

base::Result<base::Done> Rendering::render_program() {
  constexpr std::size_t kUsual = 128;
  out_.reserve(kUsual);
  if (!run(program_.body)) return error();
  return base::Done{};
}

base::Result<std::string> Rendering::text() {
  TRY(render_program());
  return std::move(out_);
}

// One piece keeps its kind; several are text, which is read as JSON when a list or map was among
// them.
base::Result<Value> Rendering::typed() {
  is_typed_ = true;
  TRY(render_program());
  if (pieces_ == 0) return Value();
  if (pieces_ == 1) return std::move(first_piece_);
  if (has_structure_) {
    if (auto parsed = format::parse_json(out_)) return *std::move(parsed);
  }
  return Value(std::move(out_));
}

const Value* Rendering::fail(const Expr& expr, std::string message) {
  failure_ = Failure{false, expr.spot, std::move(message)};
  return nullptr;
}

const Value* Rendering::undefined(const Expr& expr, std::string_view name) {
  failure_ = Failure{true, expr.spot, std::string(name)};
  return nullptr;
}

base::Error Rendering::error() const {
  const Failure failure = failure_.value_or(Failure{});
  const std::string source = statement_ == nullptr ? std::string() : statement_->source;
  std::string message =
      failure.is_undefined
          ? fmt::format(
                "Unable to find `{}` used in the expression `{}` at line {}; where it may be "
                "missing, say what "
                "stands for it: `{} ?? ...`",
                failure.message,
                source,
                failure.spot.line,
                failure.message)
          : fmt::format(
                "{} in the expression `{}` at line {}", failure.message, source, failure.spot.line);
  return base::invalid_input(
      std::move(message),
      base::Place{.file = {}, .line = failure.spot.line, .column = failure.spot.column, .row = 0});
}

// Temporaries: the first few lie in the object itself, since most templates need no more.
const Value* Rendering::keep(Value value) {
  Value* place = nullptr;
  if (used_ < kInline) {
    place = &inline_[used_];
  } else if (used_ - kInline < spilled_.size()) {
    place = spilled_[used_ - kInline].get();
  } else {
    place = spilled_.emplace_back(std::make_unique<Value>()).get();
  }
  ++used_;
  *place = std::move(value);
  return place;
}

// What lies in a released place stays until the next temporary takes it.
void Rendering::release(std::size_t mark) { used_ = mark; }

const Rendering::Local* Rendering::find_local(std::string_view name) const {
  return find_local_where([&](const Local& local) { return local.name == name; });
}

const Value* Rendering::value_of(const Local& local) {
  if (local.loop == nullptr) return local.value;
  Object loop;
  loop.set("last", local.loop->index + 1 == local.loop->length);
  loop.set("length", local.loop->length);
  loop.set("index", local.loop->index);
  loop.set("revindex", local.loop->length - local.loop->index - 1);
  loop.set("first", local.loop->index == 0);
  return keep(Value(std::move(loop)));
}

const Value* Rendering::variable(std::string_view name) {
  if (const Local* local = find_local(name)) return value_of(*local);
  // A macro sees its arguments and nothing else.
  return is_in_macro() ? nullptr : scope_.find(name);
}

bool Rendering::is_in_macro() const {
  return std::any_of(
      frames_.begin(), frames_.end(), [](const Frame& frame) { return frame.is_macro; });
}

Rendering::Mark Rendering::mark() const {
  return {frames_.size(), locals_.size(), nested_, budget_.depth, statement_};
}

void Rendering::forgive(const Mark& mark) {
  failure_.reset();
  frames_.resize(mark.frames);
  if (locals_.size() > mark.locals) locals_.resize(mark.locals);
  nested_ = mark.nested;
  budget_.depth = mark.depth;
  statement_ = mark.statement;
}

// An existing variable is changed where it is; a new one belongs to the innermost frame.
void Rendering::put_local(std::string_view name, int id, Value value) {
  // Level 0 lies below all frames.
  std::size_t level = frames_.size();
  if (const Local* found = find_local(id)) {
    Local& local = locals_[static_cast<std::size_t>(found - locals_.data())];
    if (nested_ > 0 && local.owned) retired_.push_back(std::move(local.owned));
    local.owned = std::make_unique<Value>(std::move(value));
    local.value = local.owned.get();
    local.loop = nullptr;
    return;
  }
  if (!is_in_macro() && scope_.find(name) != nullptr) level = 0;
  Local made;
  made.name = name;
  made.id = id;
  made.owned = std::make_unique<Value>(std::move(value));
  made.value = made.owned.get();
  const std::size_t at = level < frames_.size() ? frames_[level].begin : locals_.size();
  locals_.insert(locals_.begin() + static_cast<std::ptrdiff_t>(at), std::move(made));
  for (std::size_t i = level; i < frames_.size(); ++i) ++frames_[i].begin;
}

void Rendering::put_borrowed(std::string_view name, int id, const Value* value) {
  Local made;
  made.name = name;
  made.id = id;
  made.value = value;
  locals_.push_back(std::move(made));
}

void Rendering::pop_frame() {
  locals_.resize(frames_.back().begin);
  frames_.pop_back();
}

bool Rendering::write_text(std::string_view text) {
  if (text.empty()) return true;
  budget_.written += text.size();
  if (budget_.written > kOutputMax) {
    failure_ =
        Failure{false, statement_->spot, fmt::format("more than {} bytes are written", kOutputMax)};
    return false;
  }
  out_ += text;
  if (is_typed_ && nested_ == 0 && ++pieces_ == 1) first_piece_ = Value(text);
  return true;
}

bool Rendering::write(const Value& value) {
  if (value.is_null()) return true;
  const std::size_t before = out_.size();
  append_output(out_, value);
  budget_.written += out_.size() - before;
  if (budget_.written > kOutputMax) {
    failure_ =
        Failure{false, statement_->spot, fmt::format("more than {} bytes are written", kOutputMax)};
    return false;
  }
  if (is_typed_ && nested_ == 0) {
    has_structure_ = has_structure_ || value.is_array() || value.is_object();
    if (++pieces_ == 1) first_piece_ = value;
  }
  return true;
}

bool Rendering::count_step(const Statement& statement) {
  if (++budget_.steps <= kStepsMax) return true;
  failure_ = Failure{
      false,
      statement.spot,
      fmt::format("loops take more than {} turns in one rendering", kStepsMax)};
  return false;
}

bool Rendering::run(const Body& body) {
  return std::all_of(
      body.begin(), body.end(), [this](const Statement& statement) { return run(statement); });
}

bool Rendering::run(const Statement& statement) {
  if (statement.kind == Statement::Kind::text) return write_text(statement.text);
  const Statement* outer = statement_;
  statement_ = &statement;
  const std::size_t mark = used_;
  bool is_good = true;
  switch (statement.kind) {
    case Statement::Kind::text:
      break;
    case Statement::Kind::raw:
      is_good = write_text(keeps_raw_ ? statement.source : statement.text);
      break;
    case Statement::Kind::print:
      is_good = print(statement);
      break;
    case Statement::Kind::branch:
      is_good = branch(statement);
      break;
    case Statement::Kind::loop:
      is_good = loop(statement);
      break;
    case Statement::Kind::set:
      is_good = set(statement);
      break;
    case Statement::Kind::filter:
      is_good = filter(statement);
      break;
    case Statement::Kind::block:
      is_good = block(statement);
      break;
  }
  // After a failure the statement stays, so that the message can show it.
  if (!is_good) return false;
  release(mark);
  statement_ = outer;
  return true;
}

bool Rendering::print(const Statement& statement) {
  const Value* value = eval(*statement.value);
  return value != nullptr && write(*value);
}

std::optional<bool> Rendering::condition(const Expr& expr, std::string_view where) {
  const Value* value = eval(expr);
  if (value == nullptr) return std::nullopt;
  const std::optional<bool> found = truth(*value);
  if (!found) {
    fail(expr, fmt::format("{} wants a boolean, a number or text, found {}", where, value->kind()));
  }
  return found;
}

bool Rendering::branch(const Statement& statement) {
  for (const Arm& arm : statement.arms) {
    if (arm.condition == nullptr) return run(arm.body);
    const std::optional<bool> holds = condition(*arm.condition, "'if'");
    if (!holds) return false;
    if (*holds) return run(arm.body);
  }
  return true;
}

bool Rendering::loop(const Statement& statement) {
  const Value* found = eval(*statement.value);
  if (found == nullptr) return false;
  if (found->is_null()) return true;
  if (!found->is_array() && !found->is_object()) {
    fail(*statement.value, fmt::format("'for' wants a list or a map, found {}", found->kind()));
    return false;
  }
  // Held here, because the body may set the variable the list came from.
  const Value list = *found;
  const bool is_empty = list.is_array() ? list.as_array().empty() : list.as_object().empty();
  if (is_empty) return run(statement.otherwise);
  frames_.push_back({locals_.size(), false});
  if (!turns(statement, list)) return false;
  pop_frame();
  return true;
}

bool Rendering::turns(const Statement& statement, const Value& list) {
  LoopState state;
  state.length =
      static_cast<std::int64_t>(list.is_array() ? list.as_array().size() : list.as_object().size());
  put_borrowed(statement.text, statement.name_id, nullptr);
  put_borrowed("loop", kLoopId, nullptr);
  // A set of a context variable inserts below this frame and moves it; ask the frame where it is
  // now.
  const std::size_t frame = frames_.size() - 1;
  const auto turn = [&](const Value* item) {
    Local& variable = locals_[frames_[frame].begin];
    variable.value = item;
    variable.owned.reset();
    Local& loop_variable = locals_[frames_[frame].begin + 1];
    loop_variable.loop = &state;
    loop_variable.value = nullptr;
    const bool is_good = count_step(statement) && run(statement.body);
    ++state.index;
    return is_good;
  };
  if (list.is_array()) {
    return std::all_of(list.as_array().begin(), list.as_array().end(), [&](const Value& item) {
      return turn(&item);
    });
  }
  for (const auto& [key, item] : list.as_object()) {
    const Value entry = Value::object({{"key", key}, {"value", item}});
    if (!turn(&entry)) return false;
  }
  return true;
}

bool Rendering::set(const Statement& statement) {
  const Value* value = eval(*statement.value);
  if (value == nullptr) return false;
  put_local(statement.text, statement.name_id, *value);
  return true;
}

bool Rendering::filter(const Statement& statement) {
  std::string outer = std::move(out_);
  out_.clear();
  ++nested_;
  const bool is_good = run(statement.body);
  std::swap(outer, out_);
  if (!is_good) return false;
  --nested_;
  const Value inner(std::move(outer));
  frames_.push_back({locals_.size(), false});
  put_borrowed(kFilterBlockText, statement.name_id, &inner);
  const Value* value = eval(*statement.value);
  if (value == nullptr || !write(*value)) return false;
  pop_frame();
  return true;
}

bool Rendering::block(const Statement& statement) { return run(statement.body); }

namespace {

const Body* find_block(const Body& body, std::string_view name) {
  for (const Statement& statement : body) {
    if (statement.kind == Statement::Kind::block && statement.text == name) return &statement.body;
    for (const Arm& arm : statement.arms) {
      if (const Body* found = find_block(arm.body, name)) return found;
    }
    if (const Body* found = find_block(statement.body, name)) return found;
    if (const Body* found = find_block(statement.otherwise, name)) return found;
  }
  return nullptr;
}

}  // namespace

base::Result<std::string> Rendering::block(std::string_view name) {
  const Body* found = find_block(program_.body, name);
  if (found == nullptr) return base::invalid_input(fmt::format("there is no block '{}'", name));
  if (++budget_.depth > kCallsMax)
    return base::invalid_input("blocks and macros call each other without end");
  std::string outer = std::move(out_);
  out_.clear();
  ++nested_;
  const bool is_good = run(*found);
  std::swap(outer, out_);
  if (!is_good) return error();
  --nested_;
  --budget_.depth;
  return outer;
}

Value Rendering::own_variables() const {
  Object out;
  for (const Local& local : locals_) {
    if (local.value != nullptr && local.name != kFilterBlockText)
      out.set(std::string(local.name), *local.value);
  }
  return Value(std::move(out));
}

Value Rendering::context() const {
  std::vector<const Scope*> scopes;
  for (const Scope* scope = &scope_; scope != nullptr; scope = scope->outer())
    scopes.push_back(scope);
  Object out;
  for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope) {
    if (!(*scope)->variables().is_object()) continue;
    for (const auto& [key, value] : (*scope)->variables().as_object()) out.set(key, value);
  }
  return Value(std::move(out));
}

}  // namespace outlay::expr
