// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "connectors/alibaba/files.h"
#include "connectors/azure/exports.h"
#include "connectors/cloudquery/connector.h"
#include "connectors/connector.h"
#include "connectors/declared/connector.h"
#include "connectors/embedded.h"
#include "connectors/look.h"
#include "connectors/manifest.h"
#include "connectors/mapping.h"
#include "format/yaml.h"

namespace outlay::connectors {
namespace {

using base::Result;
using ledger::Delivery;

// [a-z0-9][a-z0-9._-]* of any text.
std::string source_name(std::string_view text) {
  std::string name;
  for (const char c : base::lower(text)) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (is_plain || (!name.empty() && (c == '.' || c == '_' || c == '-'))) {
      name.push_back(c);
    } else if (!name.empty() && name.back() != '-') {
      name.push_back('-');
    }
  }
  while (!name.empty() && (name.back() == '-' || name.back() == '.')) {
    name.pop_back();
  }
  return name.empty() ? "bill" : name;
}

// "bill.csv.gz" -> "bill": every ending that only says how the file is written.
std::string stem_of(const io::Path& path) {
  std::string name = path.filename().string();
  for (bool again = true; again;) {
    again = false;
    for (const std::string_view ending :
         {".csv",
          ".gz",
          ".tsv",
          ".txt",
          ".parquet",
          ".snappy",
          ".json",
          ".jsonl",
          ".ndjson",
          ".zip",
          ".zst",
          ".duckdb",
          ".db"}) {
      if (name.size() > ending.size() && base::lower(name).ends_with(ending)) {
        name.resize(name.size() - ending.size());
        again = true;
      }
    }
  }
  return name;
}

std::string connector_names() {
  std::vector<std::string> names;
  for (const auto& connector : all_connectors()) {
    names.emplace_back(connector->name());
  }
  return base::join(names, ", ");
}

const Connector* recognize(const std::vector<std::string>& header) {
  const Connector* best = nullptr;
  int surest = 0;
  for (const auto& connector : all_connectors()) {
    if (const int sure = connector->recognizes(header); sure > surest) {
      surest = sure;
      best = connector.get();
    }
  }
  return best;
}

// Symbolic links may lead anywhere; what they lead to outside the folder is not read.
bool leads_outside(const io::Path& root, const std::string& file) {
  std::error_code failed;
  const auto real_root = std::filesystem::weakly_canonical(root, failed);
  const auto real = std::filesystem::weakly_canonical(root / file, failed);
  const auto [end, unused] = std::ranges::mismatch(real_root, real);
  return failed || end != real_root.end();
}

// A file of a report's delivery folders, as opposed to one lying about.
bool is_delivery_path(const std::string& file) {
  const auto parts = base::split_trimmed(file, '/');
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    if (is_period_folder(parts[i]) || parts[i].starts_with("BILLING_PERIOD=") ||
        parts[i].starts_with("year=")) {
      return true;
    }
  }
  return false;
}

// Finds the deliveries below one path.
class Finder {
 public:
  Finder(io::Path root, const FindSettings& settings, std::shared_ptr<const Connector> declared)
      : root_(std::move(root)), settings_(settings), declared_(std::move(declared)) {}

  Result<std::vector<Delivery>> in_file(const std::string& name, const std::string& label) {
    if (auto manifest = TRY(read_manifest(root_ / name, name))) {
      return of_lone_manifest(*std::move(manifest), label);
    }
    files_ = {name};
    Delivery delivery;
    delivery.label = label;
    if (!TRY(add_file(delivery, name, label))) {
      return base::invalid_input(
          fmt::format(
              "{}. Formats that can be booked: {}", skipped_.back().second, connector_names()),
          base::Place{label, 0, 0, 0});
    }
    TRY(refuse_lone_tables(delivery));
    delivery.skipped = drop_restated_tables(delivery);
    delivery.source = source_of(own_stem(delivery, stem_of(name)));
    std::vector<Delivery> found;
    take_apart(found, stem_of(name));
    if (!delivery.sets.empty()) {
      found.push_back(std::move(delivery));
    }
    return found;
  }

  Result<std::vector<Delivery>> in_folder(const std::string& label) {
    TRY(list());
    auto manifests = TRY(manifests_in_tree());
    std::vector<Delivery> found;
    std::set<std::string> claimed;
    for (const auto& manifest : manifests) {
      found.push_back(TRY(of_manifest(manifest, label, claimed)));
    }
    const bool has_manifests = !manifests.empty();
    auto loose = TRY(loose_files(label, claimed, has_manifests));
    TRY(refuse_lone_tables(loose));
    for (auto& [file, reason] : drop_restated_tables(loose)) skip(file, reason);
    std::error_code failed;
    const auto stem = std::filesystem::weakly_canonical(root_, failed).filename().string();
    name_sources(found, manifests, loose.sets.empty() ? nullptr : &loose, stem);
    if (!loose.sets.empty()) {
      found.push_back(std::move(loose));
    }
    take_apart(found, stem);
    join_halves(found);
    if (found.empty()) {
      return nothing_found(label);
    }
    found.front().skipped = std::move(skipped_);
    return found;
  }

 private:
  // Both halves of an Azure bill are one source, else they would count twice.
  static std::string own_stem(const Delivery& delivery, const std::string& stem) {
    return is_azure_cost(delivery) ? without_half(base::lower(stem)) : stem;
  }

  std::string source_of(std::string_view stem) const {
    return settings_.source.empty() ? source_name(stem) : settings_.source;
  }

  Result<base::Done> list() {
    for (auto& file : TRY(io::list_files(root_))) {
      if (leads_outside(root_, file)) {
        skip(file, "a link to a file outside the folder");
      } else {
        files_.push_back(std::move(file));
      }
    }
    return base::Done{};
  }

  void skip(std::string file, std::string reason) {
    skipped_.emplace_back(std::move(file), std::move(reason));
  }

  Result<std::vector<Manifest>> manifests_in_tree() {
    std::vector<Manifest> all;
    for (const auto& file : files_) {
      auto manifest = TRY(read_manifest(root_ / file, file));
      if (!manifest) {
        continue;
      }
      manifest_files_.insert(file);
      if (manifest->keys.empty()) {
        skip(file, "a manifest that names no files");
      } else {
        all.push_back(*std::move(manifest));
      }
    }
    std::vector<std::string> superseded;
    auto current = current_manifests(std::move(all), superseded);
    for (const auto& file : superseded) {
      skip(file, "an older manifest of the same period, or an assembly's copy of it");
    }
    return current;
  }

  Result<Delivery> of_manifest(
      const Manifest& manifest, const std::string& label, std::set<std::string>& claimed) {
    Delivery delivery;
    delivery.label = label + "/" + manifest.file;
    delivery.manifest_period = manifest.period;
    std::vector<std::string> missing;
    std::vector<std::string> present;
    for (const auto& key : manifest.keys) {
      const std::string file = find_key(key, files_);
      (file.empty() ? missing : present).push_back(file.empty() ? key : file);
    }
    if (!missing.empty()) {
      return base::invalid_input(
          fmt::format(
              "the manifest names {} files, of which {} are not here: {}. Nothing was booked; "
              "fetch the missing files, or "
              "wait until the delivery is complete",
              manifest.keys.size(),
              missing.size(),
              base::join(missing, ", ")),
          base::Place{delivery.label, 0, 0, 0});
    }
    dataset_ = manifest.dataset;
    for (const auto& file : present) {
      claimed.insert(file);
      if (!TRY(add_file(delivery, file, file))) {
        return base::invalid_input(
            fmt::format("the manifest names a file that is no bill: {}", skipped_.back().second),
            base::Place{file, 0, 0, 0});
      }
    }
    dataset_.clear();
    return delivery;
  }

  Result<std::vector<Delivery>> of_lone_manifest(Manifest manifest, const std::string& label) {
    if (manifest.keys.empty()) {
      return base::invalid_input(
          "the manifest names no files, so there is nothing to book. Give the folder that holds "
          "the data files",
          base::Place{label, 0, 0, 0});
    }
    // Data Exports keep manifests in metadata/ and the files in data/ beside it.
    io::Path up = root_;
    for (auto at = root_; at.has_relative_path() && at != at.parent_path(); at = at.parent_path()) {
      if (at.filename() == "metadata") {
        up = at.parent_path();
      }
    }
    const std::string file = (root_ / manifest.file).lexically_relative(up).generic_string();
    root_ = up;
    TRY(list());
    manifest.file = file;
    std::set<std::string> claimed;
    std::vector<Delivery> found;
    found.push_back(TRY(of_manifest(manifest, up.generic_string(), claimed)));
    found.front().label = label;
    found.front().source = source_of(manifest.report);
    return found;
  }

  // Several folders of one period of one report without a manifest (assemblies, executions, runs):
  // each is a whole month, and which one counts is unsaid.
  Result<base::Done> refuse_rival_assemblies(const std::string& label) const {
    std::map<std::string, std::set<std::string>> assemblies;
    for (const auto& file : files_) {
      const auto parts = base::split_trimmed(file, '/');
      std::string period;
      for (std::size_t i = 0; i + 2 < parts.size(); ++i) {
        period += (i == 0 ? "" : "/") + std::string(parts[i]);
        if (is_period_folder(parts[i]) || parts[i].starts_with("BILLING_PERIOD=")) {
          assemblies[period].insert(std::string(parts[i + 1]));
        }
      }
    }
    for (const auto& [period, folders] : assemblies) {
      if (folders.size() > 1) {
        return base::invalid_input(
            fmt::format(
                "{} assembly folders of the period {} and no manifest that says which one counts; "
                "booking all of them would count the month several times. Fetch the period's "
                "manifest, or give one assembly folder",
                folders.size(),
                period),
            base::Place{label, 0, 0, 0});
      }
    }
    return base::Done{};
  }

  Result<Delivery> loose_files(
      const std::string& label, const std::set<std::string>& claimed, bool has_manifests) {
    if (!has_manifests) {
      TRY(refuse_rival_assemblies(label));
    }
    Delivery loose;
    loose.label = label;
    std::set<std::string> superseded;
    for (const auto& [file, reason] : superseded_exports(root_, files_)) {
      if (claimed.contains(file)) continue;
      superseded.insert(file);
      skip(file, reason);
    }
    for (const auto& [file, reason] : superseded_alibaba(files_)) {
      superseded.insert(file);
      skip(file, reason);
    }
    for (const auto& file : files_) {
      if (superseded.contains(file)) continue;
      if (claimed.contains(file) || manifest_files_.contains(file)) {
        continue;
      }
      if (has_manifests && is_delivery_path(file)) {
        skip(file, "no manifest names it: superseded, or its delivery is not complete yet");
        continue;
      }
      TRY(add_file(loose, file, file));
    }
    return loose;
  }

  // A price list alone has no charges, and booked nothing it would look as if it had been taken in.
  static Result<base::Done> refuse_lone_tables(const Delivery& delivery) {
    if (delivery.sets.empty() || std::ranges::any_of(delivery.sets, [](const ledger::FileSet& set) {
          return set.reference.empty();
        })) {
      return base::Done{};
    }
    return base::invalid_input(
        fmt::format(
            "a table that bills look things up in ({}), but no bill beside it; put both in one "
            "folder and give the folder",
            delivery.sets.front().reference),
        base::Place{delivery.sets.front().files.front().name, 0, 0, 0});
  }

  // Adds a file to the set of its format; false when it is no bill we can read, with the reason in
  // skipped_.
  Result<bool> add_file(Delivery& delivery, const std::string& file, const std::string& name) {
    bool is_bill = false;
    for (auto& look : TRY(looker_.look(root_ / file, name))) {
      is_bill = TRY(add_table(delivery, look)) || is_bill;
    }
    return is_bill;
  }

  Result<bool> add_table(Delivery& delivery, Look& look) {
    const std::string name = look.file.name;
    if (look.is_damaged) {
      return base::invalid_input(look.trouble, base::Place{name, 0, 0, 0});
    }
    if (const Connector* reader = TRY(document_reader(look))) {
      reader->adjust(look.header, look.file);
      add_to_set(
          delivery, reader, std::string(reader->reference(look.header)), std::move(look.file));
      return true;
    }
    if (!look.trouble.empty()) {
      skip(name, look.trouble);
      return false;
    }
    const Connector* connector = TRY(connector_for(look));
    if (connector == nullptr) {
      skip(name, "no known bill; its columns begin with " + first_columns(look.header));
      return false;
    }
    connector->adjust(look.header, look.file);
    if (const auto apart = connector->apart(look.header); !apart.empty()) {
      auto& own = apart_[std::string(apart)];
      own.label = delivery.label;
      own.sets.push_back(set_of(connector, {}, std::move(look.file)));
      return true;
    }
    add_to_set(
        delivery, connector, std::string(connector->reference(look.header)), std::move(look.file));
    return true;
  }

  // Deliveries of files that stand apart from the folder's others.
  void take_apart(std::vector<Delivery>& found, const std::string& stem) {
    for (auto& [name, delivery] : apart_) {
      delivery.source = source_of(stem) + "." + name;
      found.push_back(std::move(delivery));
    }
    apart_.clear();
  }

  // A JSON document is told by the paths of its names; files of objects in a row are no documents.
  Result<const Connector*> document_reader(Look& look) const {
    if (look.paths.empty()) {
      return static_cast<const Connector*>(nullptr);
    }
    look.file.kind = ledger::FileKind::json_lines;
    if (declared_ || (!settings_.format.empty() && settings_.format != "auto")) {
      const Connector* chosen = TRY(connector_for(look));
      if (chosen != nullptr) {
        look.file.records = chosen->records(look.paths);
      }
      return look.file.records.empty() ? nullptr : chosen;
    }
    for (const auto& connector : all_connectors()) {
      if (const auto records = connector->records(look.paths); !records.empty()) {
        look.file.records = records;
        return static_cast<const Connector*>(connector.get());
      }
    }
    return static_cast<const Connector*>(nullptr);
  }

  static std::string first_columns(const std::vector<std::string>& header) {
    std::vector<std::string> first(
        header.begin(),
        header.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(header.size(), 5)));
    return base::join(first, ", ");
  }

  Result<const Connector*> connector_for(const Look& look) const {
    if (declared_) {
      return declared_.get();
    }
    if (look.file.kind == ledger::FileKind::json_lines && look.paths.empty()) {
      return static_cast<const Connector*>(nullptr);
    }
    if (settings_.format.empty() || settings_.format == "auto") {
      return recognize(look.header);
    }
    std::vector<std::string> names;
    for (const auto& connector : all_connectors()) {
      if (connector->name() == settings_.format) {
        return static_cast<const Connector*>(connector.get());
      }
      names.emplace_back(connector->name());
    }
    return base::invalid_input(fmt::format(
        "no format is called \"{}\".{} Formats: auto, {}",
        settings_.format,
        base::did_you_mean(settings_.format, names),
        connector_names()));
  }

  void add_to_set(
      Delivery& delivery,
      const Connector* connector,
      const std::string& reference,
      ledger::BillFile file) {
    file.dataset = dataset_;
    add_file_to_set(delivery, connector, reference, std::move(file));
    int first = 0;
    for (auto& set : delivery.sets) {
      if (set.remap) set.mapper = set.remap(set.files, first);
      first += static_cast<int>(set.files.size());
    }
  }

  void add_file_to_set(
      Delivery& delivery,
      const Connector* connector,
      const std::string& reference,
      ledger::BillFile file) {
    if (delivery.sets.empty()) {
      set_of_.clear();
    }
    const std::pair key(connector, reference);
    if (const auto found = set_of_.find(key); found != set_of_.end()) {
      delivery.sets[found->second].files.push_back(std::move(file));
      return;
    }
    set_of_[key] = delivery.sets.size();
    delivery.sets.push_back(set_of(connector, reference, std::move(file)));
  }

  ledger::FileSet set_of(
      const Connector* connector, const std::string& reference, ledger::BillFile file) const {
    ledger::FileSet set;
    set.reference = reference;
    set.files.push_back(std::move(file));
    set.format = connector->name();
    set.remap = [connector, reference, keep = declared_, hints = settings_.hints](
                    const std::vector<ledger::BillFile>& files, int number) -> ledger::Mapper {
      if (!reference.empty()) {
        return [connector, reference](const ledger::RawShape&) {
          return reference_plan(connector->name(), reference);
        };
      }
      return [keep, inner = connector->mapper(files, number, hints)](
                 const ledger::RawShape& shape) { return inner(shape); };
    };
    set.mapper = set.remap(set.files, 0);
    return set;
  }

  // One report alone takes the path's name; of several things each report carries its own name as
  // well.
  void name_sources(
      std::vector<Delivery>& found,
      const std::vector<Manifest>& manifests,
      Delivery* loose,
      const std::string& stem) const {
    std::set<std::string> reports;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < found.size(); ++i) {
      // The two exports that make an Azure bill are one report.
      const bool is_half = is_azure_cost(found[i]);
      const auto& report = manifests[i].report;
      names.push_back(is_half ? without_half(base::lower(report)) : report);
      reports.insert(is_half ? names.back() : manifests[i].root + "/" + report);
    }
    const bool is_alone = reports.size() + (loose != nullptr ? 1 : 0) == 1;
    for (std::size_t i = 0; i < found.size(); ++i) {
      found[i].source = is_alone ? source_of(stem) : source_of(stem) + "." + source_name(names[i]);
    }
    if (loose != nullptr) {
      loose->source = source_of(stem);
    }
  }

  Result<std::vector<Delivery>> nothing_found(const std::string& label) const {
    std::string seen;
    for (std::size_t i = 0; i < skipped_.size() && i < 10; ++i) {
      seen += fmt::format("\n  {}: {}", skipped_[i].first, skipped_[i].second);
    }
    if (skipped_.size() > 10) {
      seen += fmt::format("\n  and {} more", skipped_.size() - 10);
    }
    return base::invalid_input(
        fmt::format(
            "no bill found. Formats that can be booked: {}. {}{}",
            connector_names(),
            seen.empty() ? "The folder has no files" : "Files seen:",
            seen),
        base::Place{label, 0, 0, 0});
  }

  io::Path root_;
  const FindSettings& settings_;
  std::shared_ptr<const Connector> declared_;
  Looker looker_;
  std::vector<std::string> files_;
  std::set<std::string> manifest_files_;
  std::vector<std::pair<std::string, std::string>> skipped_;
  std::string dataset_;  // what the manifest says of the files that are being added
  std::map<std::string, Delivery> apart_;
  std::map<std::pair<const Connector*, std::string>, std::size_t>
      set_of_;  // of the delivery that is being put together
};

Result<base::Done> check_source(const std::string& source) {
  const bool is_fine = source.empty() || source_name(source) == source;
  if (!is_fine) {
    return base::invalid_input(fmt::format(
        "a source name has small letters, digits, '.', '_' and '-', and begins with a letter or "
        "digit; \"{}\" does not. "
        "\"{}\" would do",
        source,
        source_name(source)));
  }
  return base::Done{};
}

}  // namespace

Result<std::vector<Delivery>> find_deliveries(const io::Path& path, const FindSettings& settings) {
  TRY(check_source(settings.source));
  std::error_code failed;
  const auto status = std::filesystem::status(path, failed);
  const std::string label = path.generic_string();
  if (!std::filesystem::exists(status)) {
    return base::not_found(fmt::format("there is no file or folder {}; check the path", label));
  }
  std::shared_ptr<const Connector> declared;
  if (!settings.mapping.empty()) {
    declared = TRY(load_declared_connector(settings.mapping));
  }
  if (std::filesystem::is_directory(status)) {
    return Finder(path, settings, declared).in_folder(label);
  }
  const auto folder = path.parent_path();
  return Finder(folder.empty() ? io::Path(".") : folder, settings, declared)
      .in_file(path.filename().string(), label);
}

}  // namespace outlay::connectors
