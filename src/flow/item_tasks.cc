// SPDX-License-Identifier: Apache-2.0
#include "flow/item_tasks.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <regex>

#include "base/text.h"

namespace outlay::flow {
namespace {

using base::Done;
using base::Result;
using format::Value;

TaskInfo part_info(std::string type, std::string summary) {
  TaskInfo info;
  info.type = std::move(type);
  info.summary = std::move(summary);
  return info;
}

// "10 MB", "1KB", "500": what `bytes` may say.
Result<std::uint64_t> size_of(const std::string& text) {
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  const std::string unit = base::lower(base::trim(end));
  const double factor = unit.empty() || unit == "b" ? 1
                        : unit == "kb"              ? 1024.0
                        : unit == "mb"              ? 1024.0 * 1024
                        : unit == "gb"              ? 1024.0 * 1024 * 1024
                                                    : 0;
  if (factor == 0 || number < 1)
    return base::invalid_input("batch.bytes must be a size such as 10 MB; found \"" + text + "\"");
  return static_cast<std::uint64_t>(number * factor);
}

std::int64_t number_in(const Value& map, std::string_view name) {
  const Value& value = map[name];
  return value.is_text() ? std::atoll(value.as_text().c_str()) : value.int_or(0);
}

/// Writes the batches of one file.
class Splitter {
 public:
  Splitter(TaskContext& context, io::Path folder, std::string extension)
      : context_(context), folder_(std::move(folder)), extension_(std::move(extension)) {}

  Result<Done> split(const io::Path& file, const Value& batch) {
    separator_ = batch["separator"].text_or("\n");
    std::ifstream in(file, std::ios::binary);
    if (!in) return base::not_found("the file of items cannot be read: " + file.string());
    if (const std::string pattern = batch["regexPattern"].text_or(""); !pattern.empty())
      return by_pattern(in, pattern);
    if (!batch["bytes"].is_null()) {
      const Value& size = batch["bytes"];
      const std::string text = size.is_int() ? std::to_string(size.as_int()) : size.text_or("");
      const std::uint64_t bytes = TRY(size_of(text));
      return by_size(in, bytes);
    }
    if (const auto partitions = number_in(batch, "partitions"); partitions > 0)
      return in_turn(in, 1, partitions);
    return in_turn(in, std::max<std::int64_t>(number_in(batch, "rows"), 1), 0);
  }

  Result<std::vector<std::string>> finish() {
    std::vector<std::string> uris;
    for (const auto& [name, content] : batches_) {
      const io::Path path = folder_ / name;
      std::ofstream(path, std::ios::binary) << content;
      uris.push_back(TRY(context_.store_file(path, name)));
    }
    return uris;
  }

 private:
  // Empty lines are no items.
  bool next(std::istream& in, std::string& line) const {
    while (true) {
      line.clear();
      if (separator_.size() == 1) {
        if (!std::getline(in, line, separator_.front())) return false;
      } else if (!next_long(in, line)) {
        return false;
      }
      if (!line.empty()) return true;
    }
  }

  bool next_long(std::istream& in, std::string& line) const {
    char c = 0;
    while (in.get(c)) {
      line += c;
      if (line.size() < separator_.size() ||
          line.compare(line.size() - separator_.size(), separator_.size(), separator_) != 0)
        continue;
      line.resize(line.size() - separator_.size());
      return true;
    }
    return !line.empty();
  }

  void put(std::size_t place, const std::string& line) {
    while (batches_.size() <= place)
      batches_.emplace_back(
          "batch-" + std::to_string(batches_.size() + 1) + extension_, std::string());
    batches_[place].second += line + separator_;
  }

  // `rows` lines to a batch; with `partitions` the batches take turns.
  Result<Done> in_turn(std::istream& in, std::int64_t rows, std::int64_t partitions) {
    std::string line;
    for (std::int64_t count = 0; next(in, line); ++count) {
      const std::int64_t place = partitions > 0 ? count % partitions : count / rows;
      put(static_cast<std::size_t>(place), line);
    }
    return Done{};
  }

  Result<Done> by_size(std::istream& in, std::uint64_t size) {
    std::string line;
    for (std::size_t place = 0; next(in, line);) {
      if (place < batches_.size() && batches_[place].second.size() + line.size() > size) ++place;
      put(place, line);
    }
    return Done{};
  }

  // Lines with the same text in the pattern's first group belong together.
  Result<Done> by_pattern(std::istream& in, const std::string& written) {
    std::regex pattern;
    try {
      pattern = std::regex(written);
    } catch (const std::regex_error& error) {
      return base::invalid_input(std::string("batch.regexPattern: ") + error.what());
    }
    std::map<std::string, std::size_t> places;
    std::string line;
    while (next(in, line)) {
      std::smatch found;
      if (!std::regex_search(line, found, pattern)) continue;
      const std::string key = found.size() > 1 ? found[1].str() : found[0].str();
      put(places.emplace(key, places.size()).first->second, line);
    }
    return Done{};
  }

  TaskContext& context_;
  io::Path folder_;
  std::string extension_, separator_;
  std::vector<std::pair<std::string, std::string>> batches_;
};

class ItemSplit final : public TaskType {
 public:
  const TaskInfo& info() const override { return info_; }

  Result<TaskEnd> run(TaskContext& context, const Value& properties) const override {
    const std::string uri = TRY(text_property(context, properties, "items"));
    const io::Path file = TRY(context.open_uri(uri));
    const auto scratch = TRY(io::ScratchFolder::create(std::filesystem::temp_directory_path()));
    const std::string extension = file.extension().string();
    Splitter splitter(context, scratch.path(), extension.empty() ? ".ion" : extension);
    const Value batch = TRY(property(context, properties, "batch"));
    TRY(splitter.split(file, batch));
    const auto uris = TRY(splitter.finish());
    const io::Path list = scratch.path() / "splits.txt";
    std::ofstream(list, std::ios::binary) << base::join(uris, "\n");
    TaskEnd end;
    end.outputs.set("splits", TRY(context.store_file(list, "splits.txt")));
    return end;
  }

 private:
  const TaskInfo info_ = part_info(
      "io.kestra.plugin.core.flow.ForEachItem$ForEachItemSplit",
      "Cuts a file into the batches of a ForEachItem.");
};

class ItemMerge final : public TaskType {
 public:
  const TaskInfo& info() const override { return info_; }

  Result<TaskEnd> run(TaskContext& context, const Value& properties) const override {
    const Value* outputs = context.scope().find("outputs");
    const Value* parents = context.scope().find("parents");
    Value mine;
    if (outputs != nullptr) mine = (*outputs)[properties["loop"].text_or("") + "_items"];
    std::vector<std::string> path;  // loop values around this run, nearest first
    if (parents != nullptr && parents->is_array())
      for (const Value& parent : parents->as_array())
        if (parent["taskrun"]["value"].is_text())
          path.push_back(parent["taskrun"]["value"].as_text());
    for (auto value = path.rbegin(); value != path.rend(); ++value) mine = Value(mine[*value]);
    TaskEnd end;
    end.outputs.set("subflowOutputs", mine["uri"]);
    return end;
  }

 private:
  const TaskInfo info_ = part_info(
      "io.kestra.plugin.core.flow.ForEachItem$ForEachItemMergeOutputs",
      "Gathers what the subflows of a ForEachItem gave.");
};

}  // namespace

const TaskType& item_split_type() {
  static const ItemSplit type;
  return type;
}

const TaskType& item_merge_type() {
  static const ItemMerge type;
  return type;
}

}  // namespace outlay::flow
