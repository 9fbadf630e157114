// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <regex>
#include <set>

#include "base/text.h"
#include "flow/parse_parts.h"

namespace outlay::flow {
namespace {

struct TypeName {
  std::string_view name;
  InputType type;
};

constexpr std::array<TypeName, 22> kTypes{{
    {"STRING", InputType::string},     {"INT", InputType::integer},
    {"FLOAT", InputType::floating},    {"BOOL", InputType::boolean},
    {"BOOLEAN", InputType::boolean},   {"DATETIME", InputType::date_time},
    {"DATE", InputType::date},         {"TIME", InputType::time},
    {"DURATION", InputType::duration}, {"SELECT", InputType::select},
    {"ENUM", InputType::select},       {"MULTISELECT", InputType::multi_select},
    {"ARRAY", InputType::array},       {"FILE", InputType::file},
    {"JSON", InputType::json},         {"YAML", InputType::yaml},
    {"URI", InputType::uri},           {"EMAIL", InputType::email},
    {"SECRET", InputType::secret},     {"OBJECT", InputType::json},
    {"ION", InputType::ion},           {"TABLE", InputType::table},
}};

std::optional<InputType> type_of(std::string_view name) {
  for (const TypeName& entry : kTypes)
    if (entry.name == name) return entry.type;
  return std::nullopt;
}

InputType read_type(Fields& fields, std::string_view key) {
  const std::string name = fields.text(key);
  if (const auto type = type_of(name); type) return *type;
  std::vector<std::string> names;
  for (const TypeName& entry : kTypes) names.emplace_back(entry.name);
  const format::Node* node = fields.node().find(key);
  add_error(
      fields.problems(),
      fields.what() + ": " + std::string(key) + " must be one of " + base::join(names, ", ") +
          "; found \"" + name + "\"." + base::did_you_mean(name, names),
      node == nullptr ? fields.node().place : node->place);
  return InputType::string;
}

void read_constraints(Fields& fields, Input& input) {
  switch (input.type) {
    case InputType::string:
    case InputType::secret:
      input.validator = fields.text("validator");
      break;
    case InputType::integer:
    case InputType::floating:
    case InputType::duration:
      input.min = fields.value("min");
      input.max = fields.value("max");
      break;
    case InputType::date_time:
    case InputType::date:
    case InputType::time:
      input.after = fields.value("after");
      input.before = fields.value("before");
      break;
    case InputType::select:
    case InputType::multi_select:
      input.values = fields.texts("values");
      if (input.values.empty()) input.values = fields.texts("options");
      input.expression = fields.text("expression");
      input.allows_custom_value = fields.flag("allowCustomValue");
      input.selects_first = fields.flag("autoSelectFirst");
      fields.ignore({"isRadio", "itemType", "options"});
      if (input.values.empty() && input.expression.empty())
        fields.wrong("values", "a list of texts (or give expression)");
      break;
    case InputType::array:
      if (fields.get("itemType") != nullptr)
        input.item_type = read_type(fields, "itemType");
      else
        fields.wrong("itemType", "a type such as STRING");
      break;
    case InputType::file:
      input.extensions = fields.texts("allowedFileExtensions");
      break;
    default:
      break;
  }
}

Input parse_input(const format::Node& node, Problems& problems);

// The columns of a TABLE are inputs, one of which each cell answers.
void read_columns(Fields& fields, Input& input) {
  const format::Node* columns = fields.list("columns");
  if (columns == nullptr) return fields.wrong("columns", "a list of columns (id, type)");
  for (const format::Node& column : columns->items)
    input.columns.push_back(parse_input(column, fields.problems()));
  input.min = fields.value("minRows");
  input.max = fields.value("maxRows");
}

void check_validator(Fields& fields, const Input& input) {
  if (input.validator.empty()) return;
  try {
    const std::regex pattern(input.validator);
  } catch (const std::regex_error& error) {
    fields.wrong("validator", std::string("a regular expression (") + error.what() + ")");
  }
}

Input parse_input(const format::Node& node, Problems& problems) {
  const format::Node* id = node.find("id") != nullptr ? node.find("id") : node.find("name");
  Fields fields(node, problems, "input \"" + (id == nullptr ? "" : id->text) + "\"");
  Input input;
  input.place = node.place;
  input.id = fields.text("id", fields.text("name"));
  if (!is_identifier(input.id, "._-", 100))
    fields.wrong("id", "letters, digits, points, dashes or underscores");
  input.type = read_type(fields, "type");
  input.is_required = fields.flag("required", true);
  input.defaults = fields.value("defaults");
  input.prefill = fields.value("prefill");
  if (!input.defaults.is_null() && !input.prefill.is_null())
    add_error(problems, fields.what() + ": give defaults or prefill, not both", node.place);
  if (const format::Node* depends = fields.get("dependsOn"); depends != nullptr) {
    Fields inner(*depends, problems, fields.what() + " dependsOn");
    input.depends_on = inner.texts("inputs");
    input.condition = inner.text("condition");
    inner.done();
  }
  read_constraints(fields, input);
  if (input.type == InputType::table) read_columns(fields, input);
  check_validator(fields, input);
  input.description = fields.text("description");
  input.display_name = fields.text("displayName");
  fields.done();
  for (const auto* name : {"defaults", "expression"})
    if (const format::Node* text = node.find(name); text != nullptr)
      check_expressions(*text, problems);
  return input;
}

void check_dependencies(const std::vector<Input>& inputs, Problems& problems) {
  std::set<std::string> ids;
  for (const Input& input : inputs) ids.insert(input.id);
  for (const Input& input : inputs)
    for (const std::string& needed : input.depends_on)
      if (ids.count(needed) == 0)
        add_error(
            problems,
            "input \"" + input.id + "\": dependsOn names an input that does not exist: \"" +
                needed + "\"",
            input.place);
}

Output parse_output(const format::Node& node, Problems& problems) {
  const format::Node* id = node.find("id");
  Fields fields(node, problems, "output \"" + (id == nullptr ? "" : id->text) + "\"");
  Output output;
  output.place = node.place;
  output.id = fields.text("id");
  if (!is_identifier(output.id, "._-", 100))
    fields.wrong("id", "letters, digits, points, dashes or underscores");
  output.value = fields.value("value");
  if (node.find("value") == nullptr) fields.wrong("value", "what the output is");
  output.is_required = fields.flag("required", true);
  if (fields.get("type") != nullptr) {
    Input type;
    type.id = output.id;
    type.type = read_type(fields, "type");
    if (type.type == InputType::array) read_constraints(fields, type);
    output.type = std::move(type);
  }
  fields.ignore({"description", "displayName"});
  fields.done();
  if (const format::Node* value = node.find("value"); value != nullptr)
    check_expressions(*value, problems);
  return output;
}

bool has_child(const format::Node& list, const std::string& id) {
  for (const format::Node& child : list.items)
    if (const format::Node* name = child.find("id"); name != nullptr && name->text == id)
      return true;
  return false;
}

template <class Part>
void check_duplicates(const std::vector<Part>& parts, std::string_view kind, Problems& problems) {
  std::set<std::string> seen;
  for (const Part& part : parts)
    if (!seen.insert(part.id).second)
      add_error(
          problems,
          "duplicate " + std::string(kind) + " id \"" + part.id + "\"; ids must differ",
          part.place);
}

// A FORM is a group: its children are inputs of their own with dotted ids.
void add_form(const format::Node& node, std::vector<Input>& inputs, Problems& problems) {
  const format::Node* id = node.find("id");
  Fields fields(node, problems, "input \"" + (id == nullptr ? "" : id->text) + "\"");
  const std::string name = fields.text("id");
  fields.ignore({"type", "description", "displayName", "required"});
  std::vector<std::string> depends_on;
  std::string condition;
  if (const format::Node* depends = fields.get("dependsOn"); depends != nullptr) {
    Fields inner(*depends, problems, fields.what() + " dependsOn");
    depends_on = inner.texts("inputs");
    condition = inner.text("condition");
    inner.done();
  }
  const format::Node* children = fields.list("inputs");
  if (children == nullptr) fields.wrong("inputs", "a list of inputs");
  fields.done();
  if (children == nullptr) return;
  for (const format::Node& child : children->items) {
    const format::Node* type = child.find("type");
    if (type != nullptr && type->text == "FORM") {
      add_error(problems, fields.what() + ": a FORM cannot hold a FORM", child.place);
      continue;
    }
    Input input = parse_input(child, problems);
    for (std::string& needed : input.depends_on)
      if (needed.rfind(name + ".", 0) != 0 && has_child(*children, needed))
        needed = name + "." + needed;
    input.id = name + "." + input.id;
    input.depends_on.insert(input.depends_on.end(), depends_on.begin(), depends_on.end());
    if (input.condition.empty()) input.condition = condition;
    inputs.push_back(std::move(input));
  }
}

}  // namespace

std::vector<Input> parse_inputs(Fields& owner, std::string_view key) {
  std::vector<Input> inputs;
  const format::Node* list = owner.list(key);
  if (list == nullptr) return inputs;
  for (const format::Node& item : list->items) {
    const format::Node* type = item.find("type");
    if (type != nullptr && type->text == "FORM") {
      add_form(item, inputs, owner.problems());
      continue;
    }
    inputs.push_back(parse_input(item, owner.problems()));
  }
  check_duplicates(inputs, "input", owner.problems());
  check_dependencies(inputs, owner.problems());
  return inputs;
}

std::vector<Output> parse_outputs(Fields& owner) {
  std::vector<Output> outputs;
  const format::Node* list = owner.list("outputs");
  if (list == nullptr) return outputs;
  for (const format::Node& item : list->items)
    outputs.push_back(parse_output(item, owner.problems()));
  check_duplicates(outputs, "output", owner.problems());
  return outputs;
}

}  // namespace outlay::flow
