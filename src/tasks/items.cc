// SPDX-License-Identifier: Apache-2.0
#include "tasks/items.h"

#include <fmt/format.h>

#include "base/random.h"
#include "base/text.h"
#include "expr/ion.h"
#include "format/json.h"
#include "io/file.h"
#include "tasks/properties.h"

namespace outlay::tasks {

using format::Value;

base::Result<std::string> stored_text(flow::TaskContext& context, std::string_view uri) {
  const io::Path file = TRY(context.open_uri(uri));
  return io::read_file(file);
}

base::Result<format::Array> read_items(flow::TaskContext& context, std::string_view uri) {
  const std::string text = TRY(stored_text(context, uri));
  auto items = expr::parse_ion(text);
  if (!items) return items.error().within(std::string(uri));
  // A JSON document that is one list stands for its items.
  if (items->size() == 1 && items->front().is_array()) return items->front().as_array();
  return items;
}

base::Result<std::string> store_text(
    flow::TaskContext& context, std::string_view text, std::string_view name) {
  const io::Path file = TRY(context.working_folder()) / fmt::format(".kept-{}", base::new_id());
  TRY(io::write_file(file, text));
  std::string uri = TRY(context.store_file(file, name));
  TRY(io::remove_tree(file));
  return uri;
}

base::Result<std::string> store_items(
    flow::TaskContext& context, const format::Array& items, std::string_view name) {
  std::string lines;
  for (const Value& item : items) {
    expr::append_ion(lines, item);
    lines += '\n';
  }
  return store_text(context, lines, name);
}

base::Result<std::vector<std::string>> uris_property(
    flow::TaskContext& context, const Value& properties, std::string_view name) {
  const Value value = TRY(flow::property(context, properties, name));
  std::vector<std::string> out;
  if (value.is_object()) {
    for (const auto& [key, uri] : value.as_object()) out.push_back(text_of(uri));
    return out;
  }
  if (value.is_text() && base::trim(value.as_text()).starts_with('{')) {
    if (const auto map = format::parse_json(value.as_text()); map && map->is_object()) {
      for (const auto& [key, uri] : map->as_object()) out.push_back(text_of(uri));
      return out;
    }
  }
  return texts_property(context, properties, name);
}

base::Result<std::string> needed_property(
    flow::TaskContext& context, const Value& properties, std::string_view name) {
  std::string text = TRY(flow::text_property(context, properties, name));
  if (!base::trim(text).empty()) return text;
  return base::invalid_input(fmt::format("property {} must be given and not be empty", name));
}

std::string name_in(std::string_view uri) {
  const std::string_view path = uri.substr(0, uri.find('?'));
  const std::size_t slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

}  // namespace outlay::tasks
