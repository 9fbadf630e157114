// SPDX-License-Identifier: Apache-2.0
#include "expr/jq.h"

#include <cmath>
#include <list>
#include <memory>
#include <string>

#include <fmt/format.h>
extern "C" {
#include <jv.h>

#include <jq.h>
}

#include "expr/limits.h"
#include "expr/values.h"

namespace outlay::expr {
namespace {

using format::Array;
using format::Object;
using format::Value;

constexpr int kDepthMax = 200;

jv to_jv(const Value& value) {
  if (value.is_null()) return jv_null();
  if (value.is_bool()) return jv_bool(value.as_bool() ? 1 : 0);
  if (value.is_number()) return jv_number(to_double(value));
  if (value.is_text()) {
    return jv_string_sized(value.as_text().data(), static_cast<int>(value.as_text().size()));
  }
  if (value.is_array()) {
    jv out = jv_array();
    for (const Value& item : value.as_array()) out = jv_array_append(out, to_jv(item));
    return out;
  }
  jv out = jv_object();
  for (const auto& [key, item] : value.as_object()) {
    out =
        jv_object_set(out, jv_string_sized(key.data(), static_cast<int>(key.size())), to_jv(item));
  }
  return out;
}

std::string text_of(jv text) {
  std::string out(
      jv_string_value(text), static_cast<std::size_t>(jv_string_length_bytes(jv_copy(text))));
  jv_free(text);
  return out;
}

// jq has doubles only: a whole one that a double holds exactly becomes an integer again.
Value number_of(double number) {
  constexpr double kWholeMax = 9007199254740992.0;
  if (std::floor(number) == number && std::fabs(number) <= kWholeMax)
    return static_cast<std::int64_t>(number);
  return number;
}

// Takes ownership of `value`.
Value from_jv(jv value, int depth) {
  Value out;
  switch (depth > kDepthMax ? JV_KIND_NULL : jv_get_kind(value)) {
    case JV_KIND_TRUE:
      out = true;
      break;
    case JV_KIND_FALSE:
      out = false;
      break;
    case JV_KIND_NUMBER:
      out = number_of(jv_number_value(value));
      break;
    case JV_KIND_STRING:
      out = text_of(jv_copy(value));
      break;
    case JV_KIND_ARRAY: {
      Array items;
      const int length = jv_array_length(jv_copy(value));
      for (int i = 0; i < length; ++i)
        items.push_back(from_jv(jv_array_get(jv_copy(value), i), depth + 1));
      out = Value(std::move(items));
      break;
    }
    case JV_KIND_OBJECT: {
      std::vector<Object::Entry> entries;
      for (int at = jv_object_iter(value); jv_object_iter_valid(value, at) != 0;
           at = jv_object_iter_next(value, at)) {
        std::string key = text_of(jv_object_iter_key(value, at));
        entries.emplace_back(std::move(key), from_jv(jv_object_iter_value(value, at), depth + 1));
      }
      out = Value::object(std::move(entries));
      break;
    }
    default:
      break;
  }
  jv_free(value);
  return out;
}

/// A compiled program. Not for two threads at once.
class Program {
 public:
  explicit Program(std::string_view source) : source_(source), state_(jq_init(), &close) {
    jq_set_error_cb(state_.get(), &Program::take_error, this);
    // A definition in front makes `import` and `include` syntax errors, and hides the environment.
    const std::string guarded = "def env: {}; " + source_;
    is_good_ =
        source_.find("$ENV") == std::string::npos && jq_compile(state_.get(), guarded.c_str()) != 0;
  }

  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  const std::string& source() const { return source_; }

  base::Result<Array> run(const Value& input) {
    if (!is_good_) {
      return base::invalid_input(fmt::format(
          "the jq program '{}' cannot be used: {}",
          source_,
          error_.empty() ? "modules and $ENV are not available" : error_));
    }
    error_.clear();
    Array out;
    jq_start(state_.get(), to_jv(input), 0);
    while (true) {
      jv result = jq_next(state_.get());
      if (jv_is_valid(result) == 0) return ended(result, std::move(out));
      out.push_back(from_jv(result, 0));
      if (out.size() > kStepsMax)
        return base::invalid_input("the jq program gives too many results");
    }
  }

 private:
  static void close(jq_state* state) { jq_teardown(&state); }

  static void take_error(void* self, jv message) {
    auto& program = *static_cast<Program*>(self);
    if (jv_get_kind(message) != JV_KIND_STRING) {
      jv_free(message);
      return;
    }
    // The first message has the reason; those after it only count.
    std::string text = text_of(message);
    if (program.error_.empty()) program.error_ = text.substr(0, text.find('\n'));
  }

  base::Result<Array> ended(jv last, Array out) {
    if (jv_invalid_has_msg(jv_copy(last)) == 0) {
      jv_free(last);
      return out;
    }
    jv message = jv_invalid_get_msg(last);
    std::string text;
    if (jv_get_kind(message) == JV_KIND_STRING) {
      text = text_of(message);
    } else {
      text = text_of(jv_dump_string(message, 0));
    }
    return base::invalid_input(fmt::format("the jq program '{}' failed: {}", source_, text));
  }

  std::string source_;
  std::string error_;
  std::unique_ptr<jq_state, void (*)(jq_state*)> state_;
  bool is_good_ = false;
};

// Compiling takes milliseconds (jq reads its own library each time), so each thread keeps the
// latest programs.
Program& program_for(std::string_view source) {
  constexpr std::size_t kKept = 32;
  thread_local std::list<Program> programs;
  for (auto program = programs.begin(); program != programs.end(); ++program) {
    if (program->source() != source) continue;
    programs.splice(programs.begin(), programs, program);
    return programs.front();
  }
  programs.emplace_front(source);
  if (programs.size() > kKept) programs.pop_back();
  return programs.front();
}

}  // namespace

base::Result<Array> run_jq(std::string_view program, const Value& input) {
  return program_for(program).run(input);
}

}  // namespace outlay::expr
