// SPDX-License-Identifier: Apache-2.0
// Any bytes as a template, over a small context: ends with text or an error, never otherwise.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "expr/expr.h"
#include "format/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using outlay::expr::Environment;
  using outlay::expr::Scope;
  using outlay::expr::Template;
  static const Scope scope(*outlay::format::parse_json(
      R"({"a":1,"b":[1,2.5,"x",null],"m":{"k":"v","n":{"o":true}},"t":"{{ a }}","d":"2026-01-31T09:00:00Z"})"));
  constexpr std::size_t kSizeMax = 4096;
  if (size > kSizeMax) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = Template::parse(text);
  if (!parsed) return 0;
  const Environment environment;
  static_cast<void>(parsed->render(scope, environment));
  static_cast<void>(parsed->render_typed(scope, environment));
  return 0;
}
