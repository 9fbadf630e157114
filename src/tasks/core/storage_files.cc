// SPDX-License-Identifier: Apache-2.0
// Tasks on whole stored files: join, split, turn round, measure, remove, put into the folder.
#include <algorithm>
#include <system_error>

#include <fmt/format.h>

#include "base/text.h"
#include "io/file.h"
#include "tasks/core/core.h"
#include "tasks/items.h"
#include "tasks/properties.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

using format::Value;

base::Result<std::string> extension_property(
    flow::TaskContext& context, const Value& properties, std::string_view otherwise) {
  const std::string given = TRY(flow::text_property(context, properties, "extension"));
  if (given.empty()) return std::string(otherwise);
  return given.starts_with('.') ? given : "." + given;
}

base::Result<std::string> separator_property(
    flow::TaskContext& context, const Value& properties, std::string_view otherwise) {
  if (properties["separator"].is_null()) return std::string(otherwise);
  return flow::text_property(context, properties, "separator");
}

class ConcatTask final : public SpecTask {
 public:
  ConcatTask() : SpecTask("core/storage_concat.yaml") {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    const std::vector<std::string> files = TRY(uris_property(context, properties, "files"));
    if (files.empty()) return base::invalid_input("property files names no file");
    const std::string separator = TRY(separator_property(context, properties, ""));
    std::string joined;
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (i > 0) joined += separator;
      joined += TRY(stored_text(context, files[i]));
    }
    const std::string extension = TRY(extension_property(context, properties, ".tmp"));
    flow::TaskEnd end;
    end.outputs.set("uri", TRY(store_text(context, joined, "concat" + extension)));
    return end;
  }
};

/// How many records or bytes go into one piece.
struct SplitSize {
  std::size_t rows = 0, bytes = 0, partitions = 0;
};

/// "100", "10KB", "1 MiB".
base::Result<std::size_t> byte_count(std::string_view text) {
  const std::string shown = base::lower(base::trim(text));
  const std::size_t end = std::min(shown.find_first_not_of("0123456789"), shown.size());
  const std::string unit(base::trim(std::string_view(shown).substr(end)));
  std::size_t scale = 0;
  if (unit.empty() || unit == "b") scale = 1;
  if (unit == "k" || unit == "kb" || unit == "kib") scale = 1U << 10U;
  if (unit == "m" || unit == "mb" || unit == "mib") scale = 1U << 20U;
  if (unit == "g" || unit == "gb" || unit == "gib") scale = 1U << 30U;
  if (end == 0 || end > 12 || scale == 0) {
    return base::invalid_input(
        fmt::format("property bytes must be a size such as 10MB, found \"{}\"", text));
  }
  return std::stoull(shown.substr(0, end)) * scale;
}

base::Result<SplitSize> split_size(flow::TaskContext& context, const Value& properties) {
  SplitSize size;
  size.rows = static_cast<std::size_t>(
      std::max<std::int64_t>(0, TRY(integer_property(context, properties, "rows")).value_or(0)));
  size.partitions = static_cast<std::size_t>(std::max<std::int64_t>(
      0, TRY(integer_property(context, properties, "partitions")).value_or(0)));
  const std::string bytes = TRY(flow::text_property(context, properties, "bytes"));
  if (!bytes.empty()) size.bytes = TRY(byte_count(bytes));
  if (size.rows == 0 && size.bytes == 0 && size.partitions == 0) {
    return base::invalid_input("give one of rows, bytes or partitions, greater than 0");
  }
  return size;
}

/// The records of a text, each with its separator; the last one may have none.
std::vector<std::string_view> records_of(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t at = text.find(separator);
    const std::size_t size = at == std::string_view::npos ? text.size() : at + separator.size();
    out.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return out;
}

std::vector<std::string> split_records(
    const std::vector<std::string_view>& records, const SplitSize& size) {
  std::vector<std::string> pieces;
  if (size.partitions > 0) {
    pieces.resize(std::min(size.partitions, records.size()));
    for (std::size_t i = 0; i < records.size(); ++i) pieces[i % pieces.size()] += records[i];
    return pieces;
  }
  std::size_t rows = 0;
  for (const std::string_view record : records) {
    const bool is_full = pieces.empty() || (size.rows > 0 && rows >= size.rows) ||
                         (size.bytes > 0 && pieces.back().size() + record.size() > size.bytes);
    if (is_full) {
      pieces.emplace_back();
      rows = 0;
    }
    pieces.back() += record;
    ++rows;
  }
  return pieces;
}

class SplitTask final : public SpecTask {
 public:
  SplitTask() : SpecTask("core/storage_split.yaml") {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    const std::string from = TRY(needed_property(context, properties, "from"));
    const SplitSize size = TRY(split_size(context, properties));
    const std::string separator = TRY(separator_property(context, properties, "\n"));
    if (separator.empty()) return base::invalid_input("property separator must not be empty");
    const std::string text = TRY(stored_text(context, from));
    const std::string extension = io::Path(name_in(from)).extension().string();
    format::Array uris;
    for (const std::string& piece : split_records(records_of(text, separator), size)) {
      const std::string name = fmt::format("split-{:05}{}", uris.size() + 1, extension);
      uris.emplace_back(TRY(store_text(context, piece, name)));
    }
    flow::TaskEnd end;
    end.outputs.set("uris", std::move(uris));
    return end;
  }
};

class ReverseTask final : public SpecTask {
 public:
  ReverseTask() : SpecTask("core/storage_reverse.yaml") {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    const std::string from = TRY(needed_property(context, properties, "from"));
    const std::string separator = TRY(separator_property(context, properties, "\n"));
    if (separator.empty()) return base::invalid_input("property separator must not be empty");
    const std::string text = TRY(stored_text(context, from));
    const std::vector<std::string_view> records = records_of(text, separator);
    std::string out;
    for (auto record = records.rbegin(); record != records.rend(); ++record) {
      out += *record;
      if (!record->ends_with(separator)) out += separator;
    }
    flow::TaskEnd end;
    end.outputs.set("uri", TRY(store_text(context, out, name_in(from))));
    return end;
  }
};

class SizeTask final : public SpecTask {
 public:
  SizeTask() : SpecTask("core/storage_size.yaml") {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    const std::string uri = TRY(needed_property(context, properties, "uri"));
    const io::Path file = TRY(context.open_uri(uri));
    std::error_code failed;
    const std::uintmax_t size = std::filesystem::file_size(file, failed);
    if (failed)
      return base::unavailable(fmt::format("cannot measure {}: {}", uri, failed.message()));
    flow::TaskEnd end;
    end.outputs.set("size", static_cast<std::int64_t>(size));
    return end;
  }
};

class DeleteTask final : public SpecTask {
 public:
  DeleteTask() : SpecTask("core/storage_delete.yaml") {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    const std::string uri = TRY(needed_property(context, properties, "uri"));
    const bool is_needed = TRY(flag_property(context, properties, "errorOnMissing", false));
    const auto file = context.open_uri(uri);
    if (!file && (is_needed || file.error().code != base::Code::not_found)) return file.error();
    std::error_code failed;
    const bool is_there = file.has_value() && std::filesystem::exists(*file, failed);
    if (is_there) TRY(io::remove_tree(*file));
    if (!is_there && is_needed) return base::not_found("there is no file " + uri);
    flow::TaskEnd end;
    end.outputs.set("uri", uri);
    end.outputs.set("deleted", is_there);
    return end;
  }
};

class LocalFilesTask final : public SpecTask {
 public:
  LocalFilesTask() : SpecTask("core/storage_local_files.yaml") {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const Value& properties) const override {
    const io::Path folder = TRY(context.working_folder());
    for (const auto& [name, content] : TRY(map_property(context, properties, "inputs"))) {
      const io::Path path = (folder / name).lexically_normal();
      if (path.lexically_relative(folder).string().starts_with("..")) {
        return base::invalid_input(fmt::format("inputs: {} leaves the working folder", name));
      }
      TRY(io::make_folders(path.parent_path()));
      std::string text = text_of(content);
      if (text.starts_with("kestra://")) text = TRY(stored_text(context, text));
      TRY(io::write_file(path, text));
    }
    format::Object uris;
    for (const std::string& name : TRY(texts_property(context, properties, "outputs"))) {
      uris.set(name, TRY(context.store_file(folder / name, name)));
    }
    flow::TaskEnd end;
    end.outputs.set("uris", std::move(uris));
    return end;
  }
};

}  // namespace

std::unique_ptr<flow::TaskType> make_storage_concat() { return std::make_unique<ConcatTask>(); }

std::unique_ptr<flow::TaskType> make_storage_split() { return std::make_unique<SplitTask>(); }

std::unique_ptr<flow::TaskType> make_storage_reverse() { return std::make_unique<ReverseTask>(); }

std::unique_ptr<flow::TaskType> make_storage_size() { return std::make_unique<SizeTask>(); }

std::unique_ptr<flow::TaskType> make_storage_delete() { return std::make_unique<DeleteTask>(); }

std::unique_ptr<flow::TaskType> make_storage_local_files() {
  return std::make_unique<LocalFilesTask>();
}

}  // namespace outlay::tasks
