// SPDX-License-Identifier: Apache-2.0
// Tasks on the items of a stored file: keep those that fulfil a condition, keep the last of equals.
#include <unordered_map>

#include <fmt/format.h>

#include "base/text.h"
#include "tasks/core/core.h"
#include "tasks/items.h"
#include "tasks/properties.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

using format::Value;

base::Result<expr::Template> item_expression(const Value& properties, std::string_view name) {
  const std::string text = properties[name].text_or("");
  if (base::trim(text).empty()) {
    return base::invalid_input(
        fmt::format("property {} must be an expression on an item, such as {{{{ id }}}}", name));
  }
  return expr::Template::parse(text);
}

/// An item's members are variables of their own; any other item is `item`.
expr::Scope item_scope(const Value& item, const flow::TaskContext& context) {
  return expr::Scope(item.is_object() ? item : Value::object({{"item", item}}), &context.scope());
}

flow::TaskEnd end_of(std::string uri, std::size_t processed, std::size_t kept) {
  flow::TaskEnd end;
  end.outputs.set("uri", std::move(uri));
  end.outputs.set("processedItemsTotal", static_cast<std::int64_t>(processed));
  end.outputs.set("droppedItemsTotal", static_cast<std::int64_t>(processed - kept));
  return end;
}

/// What becomes of an item: the condition's answer, or what stands for an error or a null.
struct ItemFilter {
  bool keeps_matches = true;
  std::string on_error = "FAIL";

  base::Result<bool> keeps(
      const expr::Template& condition, const Value& item, flow::TaskContext& context) const {
    const expr::Scope scope = item_scope(item, context);
    const auto answer = condition.render_typed(scope, context.environment());
    if (answer && !answer->is_null()) {
      const bool holds =
          answer->is_bool() ? answer->as_bool() : expr::is_truthy_text(text_of(*answer));
      return holds == keeps_matches;
    }
    if (on_error == "INCLUDE") return true;
    if (on_error == "EXCLUDE") return false;
    if (!answer) return answer.error().within("property filterCondition");
    return base::invalid_input(
        "property filterCondition gives null for an item; errorOrNullBehavior says what is to "
        "become of it");
  }
};

base::Result<std::string> choice(
    flow::TaskContext& context,
    const Value& properties,
    std::string_view name,
    const std::vector<std::string>& choices) {
  const std::string given = TRY(flow::text_property(context, properties, name));
  if (given.empty()) return choices.front();
  for (const std::string& known : choices) {
    if (base::equal_ignoring_case(known, given)) return known;
  }
  return base::invalid_input(fmt::format(
      "property {} must be one of {}, found \"{}\"", name, base::join(choices, ", "), given));
}

class FilterItemsTask final : public SpecTask {
 public:
  FilterItemsTask() : SpecTask("core/storage_filter_items.yaml") {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    const std::string from = TRY(needed_property(context, properties, "from"));
    const expr::Template condition = TRY(item_expression(properties, "filterCondition"));
    ItemFilter filter;
    filter.keeps_matches =
        TRY(choice(context, properties, "filterType", {"INCLUDE", "EXCLUDE"})) == "INCLUDE";
    filter.on_error =
        TRY(choice(context, properties, "errorOrNullBehavior", {"FAIL", "INCLUDE", "EXCLUDE"}));
    const format::Array items = TRY(read_items(context, from));
    format::Array kept;
    for (const Value& item : items) {
      if (TRY(filter.keeps(condition, item, context))) kept.push_back(item);
    }
    return end_of(TRY(store_items(context, kept, "filtered.ion")), items.size(), kept.size());
  }
};

class DeduplicateItemsTask final : public SpecTask {
 public:
  DeduplicateItemsTask() : SpecTask("core/storage_deduplicate_items.yaml") {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    const std::string from = TRY(needed_property(context, properties, "from"));
    const expr::Template key = TRY(item_expression(properties, "expr"));
    const format::Array items = TRY(read_items(context, from));
    std::vector<std::string> keys;
    std::unordered_map<std::string, std::size_t> last;
    for (std::size_t i = 0; i < items.size(); ++i) {
      keys.push_back(TRY(key.render(item_scope(items[i], context), context.environment())));
      last[keys.back()] = i;
    }
    format::Array kept;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (last[keys[i]] == i) kept.push_back(items[i]);
    }
    return end_of(TRY(store_items(context, kept, "distinct.ion")), items.size(), kept.size());
  }
};

}  // namespace

std::unique_ptr<flow::TaskType> make_storage_filter_items() {
  return std::make_unique<FilterItemsTask>();
}

std::unique_ptr<flow::TaskType> make_storage_deduplicate_items() {
  return std::make_unique<DeduplicateItemsTask>();
}

}  // namespace outlay::tasks
