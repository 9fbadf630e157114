// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "expr/tree.h"

namespace outlay::expr {

struct Token {
  enum class Type {
    text,
    raw,  ///< {% raw %}: `text` is the protected text
    print_begin,
    print_end,
    tag_begin,
    tag_end,
    name,
    operation,
    punctuation,
    integer,
    decimal,
    string,
    concat_begin,  ///< a string with #{...} in it: strings and interpolations up to concat_end
    concat_end,
    interpolation_begin,
    interpolation_end,
    end,
  };

  Type type = Type::end;
  std::string text;
  Spot spot;
  std::size_t offset = 0;  ///< of its first byte in the template

  bool is(Type wanted, std::string_view wanted_text) const {
    return type == wanted && text == wanted_text;
  }
};

/// Splits a template into tokens; the last one is `end`. Fails on what cannot be a token, with its
/// place.
base::Result<std::vector<Token>> tokenize(std::string_view text);

}  // namespace outlay::expr
