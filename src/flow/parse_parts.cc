// SPDX-License-Identifier: Apache-2.0
#include "flow/parse_parts.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"

namespace outlay::flow {

bool is_identifier(std::string_view text, std::string_view also, std::size_t length_max) {
  if (text.empty() || text.size() > length_max) return false;
  const auto is_plain = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  if (!is_plain(text.front())) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return is_plain(c) || also.find(c) != std::string_view::npos;
  });
}

std::optional<Retry> parse_retry(Fields& owner) {
  const format::Node* node = owner.get("retry");
  if (node == nullptr) return std::nullopt;
  if (!node->is_mapping()) {
    owner.wrong("retry", "a map with type, interval and maxAttempts");
    return std::nullopt;
  }
  Fields fields(*node, owner.problems(), owner.what() + " retry");
  Retry retry;
  const std::string kind = fields.choice("type", {"constant", "exponential", "random"}, "constant");
  if (node->find("type") == nullptr) fields.wrong("type", "constant, exponential or random");
  retry.kind = kind == "random"        ? Retry::Kind::random
               : kind == "exponential" ? Retry::Kind::exponential
                                       : Retry::Kind::constant;
  const std::string_view shortest = retry.kind == Retry::Kind::random ? "minInterval" : "interval";
  const auto interval = fields.duration(shortest);
  if (!interval && node->find(shortest) == nullptr)
    fields.wrong(shortest, "a duration such as PT10S");
  retry.interval = interval.value_or(base::Duration{});
  if (retry.kind != Retry::Kind::constant)
    retry.max_interval = fields.duration("maxInterval").value_or(base::Duration{});
  if (retry.kind == Retry::Kind::random && retry.max_interval < retry.interval)
    fields.wrong("maxInterval", "a duration of at least minInterval");
  if (retry.kind == Retry::Kind::exponential) {
    const format::Value factor = fields.value("delayFactor");
    if (factor.is_int()) retry.factor = static_cast<double>(factor.as_int());
    if (factor.is_double()) retry.factor = factor.as_double();
  }
  auto attempts = fields.integer("maxAttempts", 1);
  if (const auto alias = fields.integer("maxAttempt", 1); alias) attempts = alias;
  if (attempts) retry.max_attempts = static_cast<int>(*attempts);
  retry.max_duration = fields.duration("maxDuration");
  retry.is_warning = fields.flag("warningOnRetry");
  retry.is_new_execution =
      fields.choice(
          "behavior", {"RETRY_FAILED_TASK", "CREATE_NEW_EXECUTION"}, "RETRY_FAILED_TASK") ==
      "CREATE_NEW_EXECUTION";
  fields.done();
  return retry;
}

namespace {

void add_label(
    Fields& owner,
    Labels& labels,
    const std::string& key,
    const format::Node& value,
    const base::Place& place) {
  const bool is_lower = !key.empty() && std::islower(static_cast<unsigned char>(key.front())) != 0;
  if (!is_lower || key.find_first_of(" \t\n") != std::string::npos)
    add_error(
        owner.problems(),
        owner.what() +
            ": a label key must start with a lower-case letter and hold no blanks; found \"" + key +
            "\"",
        place);
  if (!value.is_scalar() || value.text.empty())
    add_error(
        owner.problems(),
        owner.what() + ": the label \"" + key + "\" must be a text; found " + found_text(value),
        place);
  const auto same = [&](const auto& label) { return label.first == key; };
  labels.erase(std::remove_if(labels.begin(), labels.end(), same), labels.end());
  labels.emplace_back(key, value.text);
}

}  // namespace

Labels parse_labels(Fields& owner) {
  Labels labels;
  const format::Node* node = owner.get("labels");
  if (node == nullptr) return labels;
  if (node->is_mapping()) {
    for (const auto& entry : node->entries)
      add_label(owner, labels, entry.key, entry.value, entry.key_place);
    return labels;
  }
  if (!node->is_sequence()) {
    owner.wrong("labels", "a map, or a list of {key, value}");
    return labels;
  }
  for (const format::Node& item : node->items) {
    const format::Node* key = item.find("key");
    const format::Node* value = item.find("value");
    if (key == nullptr || value == nullptr) {
      add_error(
          owner.problems(), owner.what() + ": a label in a list needs key and value", item.place);
      continue;
    }
    add_label(owner, labels, key->text, *value, item.place);
  }
  return labels;
}

std::optional<Concurrency> parse_concurrency(Fields& owner) {
  const format::Node* node = owner.get("concurrency");
  if (node == nullptr) return std::nullopt;
  if (!node->is_mapping()) {
    owner.wrong("concurrency", "a map with limit and behavior");
    return std::nullopt;
  }
  Fields fields(*node, owner.problems(), owner.what() + " concurrency");
  Concurrency concurrency;
  if (node->find("limit") == nullptr) fields.wrong("limit", "a whole number of at least 1");
  concurrency.limit = static_cast<int>(fields.integer("limit", 1).value_or(1));
  const std::string behavior = fields.choice("behavior", {"QUEUE", "CANCEL", "FAIL"}, "QUEUE");
  concurrency.behavior = behavior == "CANCEL" ? Concurrency::Behavior::cancel
                         : behavior == "FAIL" ? Concurrency::Behavior::fail
                                              : Concurrency::Behavior::queue;
  fields.done();
  return concurrency;
}

std::vector<PluginDefault> parse_plugin_defaults(Fields& owner) {
  std::vector<PluginDefault> defaults;
  const format::Node* node = owner.list("pluginDefaults");
  if (node == nullptr) node = owner.list("taskDefaults");
  if (node == nullptr) return defaults;
  for (const format::Node& item : node->items) {
    Fields fields(item, owner.problems(), owner.what() + " pluginDefaults");
    PluginDefault entry;
    entry.type = fields.text("type");
    if (entry.type.empty()) fields.wrong("type", "a task type or the beginning of one");
    entry.is_forced = fields.flag("forced");
    entry.ref = fields.text("ref");
    const format::Node* values = fields.get("values");
    if (values == nullptr || !values->is_mapping())
      fields.wrong("values", "a map of properties");
    else
      entry.values = *values;
    fields.done();
    defaults.push_back(std::move(entry));
  }
  return defaults;
}

namespace {

bool covers(const std::string& type, const std::string& task) {
  return task == type || (task.size() > type.size() && task.compare(0, type.size(), type) == 0 &&
                          (task[type.size()] == '.' || (!type.empty() && type.back() == '.')));
}

void fill(format::Node& node, const PluginDefault& entry) {
  for (const auto& value : entry.values.entries) {
    const auto found =
        std::find_if(node.entries.begin(), node.entries.end(), [&](const auto& mine) {
          return mine.key == value.key;
        });
    if (found == node.entries.end())
      node.entries.push_back(value);
    else if (entry.is_forced)
      found->value = value.value;
  }
}

}  // namespace

format::Node with_defaults(
    const format::Node& node, const std::vector<PluginDefault>& defaults, Problems& problems) {
  format::Node filled = node;
  const format::Node* type = node.find("type");
  if (type == nullptr || !node.is_mapping()) return filled;
  const format::Node* ref = node.find("pluginDefaultsRef");
  bool is_ref_known = ref == nullptr;
  for (const PluginDefault& entry : defaults) {
    const bool is_picked = ref != nullptr && !entry.ref.empty() && entry.ref == ref->text;
    is_ref_known = is_ref_known || is_picked;
    if (!covers(entry.type, type->text) || (!entry.ref.empty() && !is_picked)) continue;
    fill(filled, entry);
  }
  if (!is_ref_known)
    add_error(
        problems,
        "pluginDefaultsRef names no entry of pluginDefaults with that ref; found \"" + ref->text +
            "\"",
        ref->place);
  return filled;
}

namespace {

Sla parse_sla(const format::Node& item, Problems& problems) {
  const format::Node* id = item.find("id");
  Fields fields(item, problems, "sla \"" + (id == nullptr ? "" : id->text) + "\"");
  Sla sla;
  sla.id = fields.text("id");
  if (sla.id.empty()) fields.wrong("id", "a name");
  const std::string type =
      fields.choice("type", {"MAX_DURATION", "EXECUTION_ASSERTION"}, "MAX_DURATION");
  if (item.find("type") == nullptr) fields.wrong("type", "MAX_DURATION or EXECUTION_ASSERTION");
  if (type == "MAX_DURATION") {
    sla.duration = fields.duration("duration");
    if (item.find("duration") == nullptr) fields.wrong("duration", "a duration such as PT1H");
  } else {
    sla.assertion = fields.text("assert");
    if (sla.assertion.empty()) fields.wrong("assert", "an expression that must be true");
  }
  const std::string behavior = fields.choice("behavior", {"FAIL", "CANCEL", "NONE"}, "FAIL");
  if (item.find("behavior") == nullptr) fields.wrong("behavior", "FAIL, CANCEL or NONE");
  sla.behavior = behavior == "CANCEL" ? Sla::Behavior::cancel
                 : behavior == "NONE" ? Sla::Behavior::none
                                      : Sla::Behavior::fail;
  sla.labels = parse_labels(fields);
  fields.done();
  check_expressions(item, problems);
  return sla;
}

Check parse_check(const format::Node& item, const std::string& owner, Problems& problems) {
  Fields fields(item, problems, owner + " check");
  Check check;
  check.condition = fields.text("condition", fields.text("when"));
  if (check.condition.empty()) fields.wrong("condition", "an expression");
  check.message = fields.text("message");
  if (check.message.empty()) fields.wrong("message", "what to tell when the condition is false");
  check.style = fields.choice("style", {"INFO", "ERROR", "SUCCESS", "WARNING"}, "INFO");
  const std::string behavior = fields.choice(
      "behavior", {"BLOCK_EXECUTION", "FAIL_EXECUTION", "CREATE_EXECUTION"}, "BLOCK_EXECUTION");
  check.behavior = behavior == "FAIL_EXECUTION"     ? Check::Behavior::fail
                   : behavior == "CREATE_EXECUTION" ? Check::Behavior::create
                                                    : Check::Behavior::block;
  fields.done();
  check_expressions(item, problems);
  return check;
}

}  // namespace

std::vector<Sla> parse_slas(Fields& owner) {
  std::vector<Sla> slas;
  if (const format::Node* list = owner.list("sla"); list != nullptr)
    for (const format::Node& item : list->items) slas.push_back(parse_sla(item, owner.problems()));
  return slas;
}

std::vector<Check> parse_checks(Fields& owner) {
  std::vector<Check> checks;
  if (const format::Node* list = owner.list("checks"); list != nullptr)
    for (const format::Node& item : list->items)
      checks.push_back(parse_check(item, owner.what(), owner.problems()));
  return checks;
}

}  // namespace outlay::flow
