// SPDX-License-Identifier: Apache-2.0
#include "io/internal/aws_profiles.h"

#include "base/text.h"

namespace outlay::io {
namespace {

using Profiles = std::map<std::string, AwsProfile>;

std::string variable(
    const std::map<std::string, std::string>& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

// "[profile billing]" and "[billing]" are the same profile; "[sso-session x]" is none.
std::string profile_name(std::string_view head) {
  head = base::trim(head);
  if (head.starts_with("profile ") || head.starts_with("profile\t")) {
    std::string_view name = base::trim(head.substr(8));
    if (name.size() > 1 && name.front() == '"') name = name.substr(1, name.size() - 2);
    return std::string(name);
  }
  return head.find(' ') == std::string_view::npos ? std::string(head) : std::string();
}

void read_lines(std::string_view text, Profiles& into) {
  std::string profile;
  for (const std::string& line : base::split(text, '\n')) {
    const bool is_nested = line.starts_with(' ') || line.starts_with('\t');
    std::string_view rest = base::trim(line);
    if (rest.empty() || rest.front() == '#' || rest.front() == ';' || is_nested) continue;
    if (rest.front() == '[') {
      profile = profile_name(rest.substr(1, rest.find(']') - 1));
      if (!profile.empty()) into[profile];
      continue;
    }
    const std::size_t equals = rest.find('=');
    if (profile.empty() || equals == std::string_view::npos) continue;
    std::string_view value = base::trim(rest.substr(equals + 1));
    if (const std::size_t comment = value.find(" #"); comment != std::string_view::npos) {
      value = base::trim(value.substr(0, comment));
    }
    into[profile][base::lower(base::trim(rest.substr(0, equals)))] = std::string(value);
  }
}

base::Result<base::Done> read_into(const Path& file, Profiles& into) {
  auto text = read_file(file);
  if (!text) {
    if (text.error().code == base::Code::not_found) return base::Done{};
    return text.error().within("the AWS profiles cannot be read");
  }
  read_lines(*text, into);
  return base::Done{};
}

}  // namespace

base::Result<Profiles> read_aws_profiles(const std::map<std::string, std::string>& environment) {
  Path config = variable(environment, "AWS_CONFIG_FILE");
  Path credentials = variable(environment, "AWS_SHARED_CREDENTIALS_FILE");
  if (const std::string home = variable(environment, "HOME"); !home.empty()) {
    if (config.empty()) config = Path(home) / ".aws" / "config";
    if (credentials.empty()) credentials = Path(home) / ".aws" / "credentials";
  }
  Profiles out;
  if (!config.empty()) TRY(read_into(config, out));
  if (!credentials.empty()) TRY(read_into(credentials, out));
  return out;
}

std::vector<std::string> command_words(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  bool is_open = false;
  char quote = 0;
  for (const char c : text) {
    if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        word.push_back(c);
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
      is_open = true;
    } else if (c == ' ' || c == '\t') {
      if (is_open) out.push_back(std::move(word));
      word.clear();
      is_open = false;
    } else {
      word.push_back(c);
      is_open = true;
    }
  }
  if (is_open) out.push_back(std::move(word));
  return out;
}

}  // namespace outlay::io
