// SPDX-License-Identifier: Apache-2.0
#include "api/ops/given_files.h"

#include <filesystem>

#include "base/text.h"
#include "format/yaml.h"

namespace outlay::api {

using base::Result;
using format::Value;

namespace {

/// Ids of the FILE inputs; the children of a FORM are named form.child.
void add_file_inputs(
    const Value& inputs, const std::string& prefix, std::vector<std::string>& out) {
  if (!inputs.is_array()) return;
  for (const Value& input : inputs.as_array()) {
    const std::string id = prefix + input["id"].text_or(input["name"].text_or(""));
    if (base::equal_ignoring_case(input["type"].text_or(""), "FILE")) out.push_back(id);
    add_file_inputs(input["inputs"], id + ".", out);
  }
}

bool is_uri(std::string_view text) { return text.find("://") != std::string_view::npos; }

Result<flow::GivenFile> local_file(const std::string& input, std::string_view given) {
  constexpr std::string_view kFile = "file://";
  const io::Path path(given.starts_with(kFile) ? given.substr(kFile.size()) : given);
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return base::not_found(
        "The input \"" + input + "\" takes a file, but there is no file \"" + path.string() +
        "\". Give a path of this machine.");
  }
  return flow::GivenFile{
      .input = input, .name = path.filename().string(), .path = path, .bytes = {}};
}

}  // namespace

Result<std::vector<flow::GivenFile>> take_local_files(
    std::string_view flow_source, format::Object& inputs) {
  const Value document = TRY(format::parse_yaml(flow_source)).value();
  std::vector<std::string> ids;
  add_file_inputs(document["inputs"], {}, ids);
  std::vector<flow::GivenFile> out;
  for (const std::string& id : ids) {
    const Value* given = inputs.find(id);
    if (given == nullptr || !given->is_text() || given->as_text().empty()) continue;
    const std::string text = given->as_text();
    if (is_uri(text) && !text.starts_with("file://")) continue;
    out.push_back(TRY(local_file(id, text)));
    inputs.erase(id);
  }
  return out;
}

std::vector<flow::GivenFile> given_files(const Value& files) {
  std::vector<flow::GivenFile> out;
  if (!files.is_object()) return out;
  for (const auto& [input, file] : files.as_object()) {
    out.push_back(
        {.input = input,
         .name = file["name"].text_or(""),
         .path = {},
         .bytes = file["bytes"].text_or("")});
  }
  return out;
}

}  // namespace outlay::api
