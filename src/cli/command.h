// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/operation.h"
#include "base/result.h"
#include "format/value.h"

namespace outlay::cli {

class Session;

/// One option or positional argument.
struct Argument {
  enum class Kind {
    flag,         ///< --logs
    value,        ///< --limit N
    list,         ///< --by A,B --by C
    values,       ///< --with A B: all that follow
    positional,   ///< FILE
    positionals,  ///< PATH...
  };
  std::string name;  ///< "as-of"; "FILE" for positionals
  Kind kind = Kind::value;
  std::string value_name;  ///< "TIME"; of value, list and values
  std::string doc;
  bool is_required = false;
  std::string fallback;  ///< as help shows it; empty for none
  std::vector<std::string> choices;
};

/// What a command line gave, by argument name.
class Given {
 public:
  void set(const std::string& name, std::vector<std::string> values) {
    values_[name] = std::move(values);
  }

  bool has(std::string_view name) const { return values_.find(name) != values_.end(); }

  /// The value, or empty.
  std::string text(std::string_view name) const;
  std::vector<std::string> list(std::string_view name) const;

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

/// One command of the program.
struct Command {
  std::string words;    ///< "flow run"
  std::string summary;  ///< one sentence
  std::string details;  ///< more for --help; may be empty
  std::vector<Argument> arguments;
  std::vector<std::string> examples;
  /// Does it and answers the exit status.
  base::Result<int> (*run)(Session&, const Given&) = nullptr;
};

/// "asOf" as "as-of".
std::string option_name(std::string_view param);
/// The operation's parameters as options, but for those in `without`.
std::vector<Argument> options_of(
    std::string_view operation, const std::vector<std::string>& without = {});
/// What was given for the operation's parameters, as its request.
format::Object request_of(std::string_view operation, const Given& given);
std::vector<Argument> joined(std::vector<Argument> first, const std::vector<Argument>& second);

}  // namespace outlay::cli
