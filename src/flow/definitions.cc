// SPDX-License-Identifier: Apache-2.0
#include "flow/definitions.h"

#include "base/log.h"
#include "base/text.h"
#include "flow/parser.h"

namespace outlay::flow {
namespace {

using base::Done;
using base::Result;

constexpr std::string_view kNewest =
    " FROM flow_definitions AS d WHERE deleted = 0 AND revision = (SELECT max(revision) "
    "FROM flow_definitions AS n WHERE n.namespace = d.namespace AND n.id = d.id)";
constexpr std::string_view kColumns = "namespace, id, source, revision, disabled, updated, author";

StoredFlow stored_of(const std::vector<std::optional<std::string>>& row) {
  StoredFlow stored;
  stored.name_space = row[0].value_or("");
  stored.id = row[1].value_or("");
  stored.source = row[2].value_or("");
  stored.revision = std::stoll(row[3].value_or("1"));
  stored.is_disabled = row[4].value_or("0") == "1";
  stored.updated = row[5].value_or("");
  stored.author = row[6].value_or("");
  return stored;
}

// A revision: line alone makes no new revision.
std::string without_revision(std::string_view source) {
  std::string out;
  for (const std::string& line : base::split(source, '\n'))
    if (line.rfind("revision:", 0) != 0) out += line + "\n";
  return std::string(base::trim(out));
}

base::Error no_flow(std::string_view name_space, std::string_view id) {
  return base::not_found(
      "no flow " + std::string(name_space) + "." + std::string(id) +
      "; save it first, or look at the list of flows");
}

}  // namespace

base::Error problems_error(const std::vector<Problem>& problems) {
  std::vector<base::Error> errors;
  for (const Problem& problem : problems)
    if (problem.level == Problem::Level::error)
      errors.push_back(base::invalid_input(problem.message, problem.place));
  return base::join_errors(errors);
}

Result<Done> Definitions::load() {
  const std::string sql = "SELECT " + std::string(kColumns) + std::string(kNewest);
  const auto rows = TRY(state_.read(sql));
  const base::Lock lock(mutex_);
  for (const auto& row : rows.rows) {
    StoredFlow stored = stored_of(row);
    Known known;
    auto parsed = parse(stored);
    if (parsed)
      known.parsed[stored.revision] = *parsed;
    else
      LOG(warn,
          "a saved flow cannot run",
          {"flow", stored.name_space + "." + stored.id},
          {"because", parsed.error().text()});
    stored.source.clear();
    known.stored = stored;
    if (parsed) note_listener({stored.name_space, stored.id}, *parsed);
    known_[{stored.name_space, stored.id}] = std::move(known);
  }
  return Done{};
}

Result<std::shared_ptr<const Flow>> Definitions::parse(const StoredFlow& stored) const {
  ParsedFlow parsed = parse_flow(stored.source, stored.name_space + "." + stored.id, tasks_);
  if (parsed.has_errors()) return problems_error(parsed.problems);
  auto flow = std::make_shared<Flow>(*parsed.flow);
  flow->revision = stored.revision;
  return std::shared_ptr<const Flow>(std::move(flow));
}

Result<StoredFlow> Definitions::save(
    std::string_view yaml, std::string_view file, std::string_view author) {
  ParsedFlow parsed = parse_flow(yaml, file, tasks_);
  if (parsed.has_errors()) return problems_error(parsed.problems);
  const Name name{parsed.flow->name_space, parsed.flow->id};
  StoredFlow stored;
  stored.name_space = name.first;
  stored.id = name.second;
  stored.source = yaml;
  stored.author = author;
  stored.is_disabled = parsed.flow->is_disabled;
  stored.updated = base::print_instant(clock_.now());
  bool is_same = false;
  const auto written = state_.write([&](store::Transaction& transaction) -> Result<Done> {
    const auto last = TRY(transaction.query(
        "SELECT revision, source, deleted FROM flow_definitions WHERE namespace = ? AND id = ? "
        "ORDER BY revision DESC LIMIT 1",
        {name.first, name.second}));
    stored.revision = last.rows.empty() ? 1 : std::stoll(last.rows[0][0].value_or("0")) + 1;
    is_same = !last.rows.empty() && last.rows[0][2].value_or("0") == "0" &&
              without_revision(last.rows[0][1].value_or("")) == without_revision(yaml);
    if (is_same) {
      --stored.revision;
      return Done{};
    }
    TRY(transaction.run(
        "INSERT INTO flow_definitions (namespace, id, revision, source, disabled, updated, "
        "author) VALUES (?, ?, ?, ?, ?, ?, ?)",
        {name.first,
         name.second,
         std::int64_t{stored.revision},
         stored.source,
         std::int64_t{stored.is_disabled ? 1 : 0},
         stored.updated,
         stored.author}));
    return Done{};
  });
  if (!written) return written.error();
  auto flow = std::make_shared<Flow>(*parsed.flow);
  flow->revision = stored.revision;
  const base::Lock lock(mutex_);
  Known& known = known_[name];
  if (is_same && known.parsed.count(stored.revision) > 0) return stored;
  note_listener(name, flow);
  known.parsed[stored.revision] = std::move(flow);
  known.stored = stored;
  known.stored.source.clear();
  return stored;
}

Result<StoredFlow> Definitions::stored(
    std::string_view name_space, std::string_view id, std::optional<long long> revision) {
  std::string sql =
      "SELECT " + std::string(kColumns) + " FROM flow_definitions WHERE namespace = ? AND id = ?";
  store::Params params{std::string(name_space), std::string(id)};
  if (revision) {
    sql += " AND revision = ?";
    params.emplace_back(std::int64_t{*revision});
  } else {
    sql += " AND deleted = 0 ORDER BY revision DESC LIMIT 1";
  }
  const auto rows = TRY(state_.read(sql, params));
  if (rows.rows.empty()) return no_flow(name_space, id);
  return stored_of(rows.rows[0]);
}

Result<std::vector<StoredFlow>> Definitions::all(std::string_view name_space) {
  const std::string sql = "SELECT " + std::string(kColumns) + std::string(kNewest) +
                          " AND (? = '' OR namespace = ? OR namespace LIKE ? || '.%') "
                          "ORDER BY namespace, id";
  const std::string name(name_space);
  const auto rows = TRY(state_.read(sql, {name, name, name}));
  std::vector<StoredFlow> out;
  for (const auto& row : rows.rows) out.push_back(stored_of(row));
  return out;
}

Result<std::vector<StoredFlow>> Definitions::revisions(
    std::string_view name_space, std::string_view id) {
  const auto rows = TRY(state_.read(
      "SELECT " + std::string(kColumns) +
          " FROM flow_definitions WHERE namespace = ? AND id = ? ORDER BY revision",
      {std::string(name_space), std::string(id)}));
  if (rows.rows.empty()) return no_flow(name_space, id);
  std::vector<StoredFlow> out;
  for (const auto& row : rows.rows) {
    out.push_back(stored_of(row));
    out.back().source.clear();
  }
  return out;
}

Result<Done> Definitions::remove(std::string_view name_space, std::string_view id) {
  std::int64_t changed = 0;
  const auto written = state_.write([&](store::Transaction& transaction) -> Result<Done> {
    changed = TRY(transaction.run(
        "UPDATE flow_definitions SET deleted = 1 WHERE namespace = ? AND id = ? AND deleted = 0",
        {std::string(name_space), std::string(id)}));
    return Done{};
  });
  if (!written) return written.error();
  const base::Lock lock(mutex_);
  known_.erase(Name(name_space, id));
  listening_.erase(Name(name_space, id));
  if (changed == 0) return no_flow(name_space, id);
  return Done{};
}

Result<std::shared_ptr<const Flow>> Definitions::flow(
    std::string_view name_space, std::string_view id, std::optional<long long> revision) {
  const Name name(name_space, id);
  {
    const base::Lock lock(mutex_);
    const auto found = known_.find(name);
    if (found == known_.end() && !revision) return no_flow(name_space, id);
    if (found != known_.end()) {
      const auto parsed =
          found->second.parsed.find(revision.value_or(found->second.stored.revision));
      if (parsed != found->second.parsed.end()) return parsed->second;
    }
  }
  const StoredFlow old = TRY(stored(name_space, id, revision));
  auto flow = TRY(parse(old));
  const base::Lock lock(mutex_);
  if (const auto found = known_.find(name); found != known_.end())
    found->second.parsed[old.revision] = flow;
  return flow;
}

void Definitions::note_listener(const Name& name, const std::shared_ptr<const Flow>& flow) {
  listening_.erase(name);
  if (flow->is_disabled) return;
  for (const Trigger& trigger : flow->triggers)
    if (trigger.kind == Trigger::Kind::flow && !trigger.is_disabled) listening_[name] = flow;
}

std::vector<std::shared_ptr<const Flow>> Definitions::listening() const {
  std::vector<std::shared_ptr<const Flow>> out;
  const base::Lock lock(mutex_);
  for (const auto& [name, flow] : listening_) out.push_back(flow);
  return out;
}

std::vector<std::shared_ptr<const Flow>> Definitions::current() const {
  std::vector<std::shared_ptr<const Flow>> out;
  const base::Lock lock(mutex_);
  for (const auto& [name, known] : known_) {
    const auto parsed = known.parsed.find(known.stored.revision);
    if (parsed != known.parsed.end() && !parsed->second->is_disabled) out.push_back(parsed->second);
  }
  return out;
}

}  // namespace outlay::flow
