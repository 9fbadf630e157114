// SPDX-License-Identifier: Apache-2.0
#include "io/secrets.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <set>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"

namespace outlay::io {
namespace {

constexpr std::string_view kPrefix = "SECRET_";

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  return out;
}

/// The variable's name and content, under the key as written or in capitals.
std::optional<std::pair<std::string, std::string>> from_environment(std::string_view key) {
  for (const std::string& spelling : {std::string(key), upper(key)}) {
    const std::string name = std::string(kPrefix) + spelling;
    // The environment is not changed after start.
    if (const char* text = std::getenv(name.c_str())) {  // NOLINT(concurrency-mt-unsafe)
      return std::pair(name, std::string(text));
    }
  }
  return std::nullopt;
}

bool is_file_name(std::string_view key) {
  return !key.empty() && key.front() != '.' && key.find('/') == std::string_view::npos &&
         key.find('\0') == std::string_view::npos;
}

std::string handed_out(std::string value) {
  base::hide_in_log(value);
  return value;
}

}  // namespace

base::Result<std::string> EnvironmentSecrets::get(std::string_view, std::string_view key) {
  if (const auto found = from_environment(key)) {
    std::string value;
    if (base::base64_decode(found->second, value)) return handed_out(std::move(value));
    return base::invalid_input(fmt::format(
        "the environment variable {0} is not base64; set it with: export {0}=$(printf %s "
        "'the value' | base64 -w0)",
        found->first));
  }
  if (!folder_.empty() && is_file_name(key)) {
    auto content = read_file(folder_ / Path(key));
    if (content) {
      if (content->ends_with('\n')) content->pop_back();
      if (content->ends_with('\r')) content->pop_back();
      return handed_out(std::move(*content));
    }
    if (content.error().code != base::Code::not_found) return content.error();
  }
  std::string places = fmt::format("the environment variable {}{}", kPrefix, upper(key));
  if (!folder_.empty()) places += fmt::format(" and the file {}", (folder_ / Path(key)).string());
  return base::not_found(fmt::format(
      "there is no secret \"{}\": {} {} not there.{} Set the variable to the base64 of the value.",
      key,
      places,
      folder_.empty() ? "is" : "are",
      base::did_you_mean(key, keys({}))));
}

std::vector<std::string> EnvironmentSecrets::keys(std::string_view) {
  std::set<std::string> found;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (text.starts_with(kPrefix)) {
      found.emplace(text.substr(kPrefix.size(), text.find('=') - kPrefix.size()));
    }
  }
  std::error_code failed;
  if (!folder_.empty()) {
    for (std::filesystem::directory_iterator at(folder_, failed), end; !failed && at != end;
         at.increment(failed)) {
      const std::string name = at->path().filename().string();
      if (is_file_name(name) && at->is_regular_file(failed)) found.insert(name);
    }
  }
  return {found.begin(), found.end()};
}

}  // namespace outlay::io
