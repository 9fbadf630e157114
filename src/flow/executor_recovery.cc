// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "flow/embedded.h"
#include "flow/executor.h"
#include "flow/scheduler.h"
#include "format/json.h"

namespace outlay::flow {

using base::Done;
using base::Result;

Result<Done> Executor::open() {
  TRY(state_.migrate(
      "flow", {{1, embedded_file("sql/schema_1.sql")}, {2, embedded_file("sql/schema_2.sql")}}));
  TRY(definitions_.load());
  TRY(read_key());
  const auto last = TRY(state_.read("SELECT coalesce(max(number), 0) FROM flow_executions"));
  next_number_ = std::stoll(last.rows[0][0].value_or("0")) + 1;
  const auto rows = TRY(state_.read(
      "SELECT number, id, namespace, flow_id, revision FROM flow_executions WHERE finished = 0 "
      "ORDER BY number"));
  for (const auto& row : rows.rows) {
    const std::string id = row[1].value_or("");
    const auto flow = definitions_.flow(
        row[2].value_or(""), row[3].value_or(""), std::stoll(row[4].value_or("1")));
    if (!flow) {
      LOG(error,
          "an execution waits because its flow cannot run",
          {"execution", id},
          {"because", flow.error().text()});
      continue;
    }
    const std::int64_t number = std::stoll(row[0].value_or("0"));
    TRY(load(number, id, *flow, false));
    TRY(drop_unborn(number, id));
  }
  return Done{};
}

// A replay whose process died before it began is nothing but a copy of an execution that ended.
Result<Done> Executor::drop_unborn(std::int64_t number, const std::string& id) {
  const auto live = find_live(id);
  {
    const base::Lock lock(live->mutex);
    if (!live->execution.is_finished) return Done{};
  }
  {
    const base::Lock lock(lives_mutex_);
    lives_.erase(id);
  }
  return state_.write([&](store::Transaction& transaction) -> Result<Done> {
    TRY(transaction.run("DELETE FROM flow_events WHERE execution = ?", {number}));
    TRY(transaction.run("DELETE FROM flow_executions WHERE number = ?", {number}));
    return Done{};
  });
}

// Secrets in inputs stay readable for as long as the storage has the key.
Result<Done> Executor::read_key() {
  house_.key = settings_.encryption_key;
  if (!house_.key.empty() || settings_.storage.empty()) return Done{};
  const io::Path file = settings_.storage / ".encryption-key";
  if (auto known = io::read_file(file); known) {
    house_.key = std::string(base::trim(*known));
    return Done{};
  }
  house_.key = base::base64_encode(base::secure_bytes(32));
  TRY(io::make_folders(settings_.storage));
  TRY(io::write_file(file, house_.key));
  std::error_code error;
  std::filesystem::permissions(
      file,
      std::filesystem::perms::owner_read | std::filesystem::perms::owner_write,
      std::filesystem::perm_options::replace,
      error);
  return Done{};
}

// The journal of an execution through decide(). A replayed one begins with the journal of what it
// was replayed from, which may have run another revision.
Result<Done> Executor::read_events(Live& live) {
  const auto rows = TRY(state_.read(
      "SELECT body FROM flow_events WHERE execution = ? ORDER BY step",
      {std::int64_t{live.number}}));
  std::vector<Event> events;
  for (const auto& row : rows.rows) {
    const auto bodies = TRY(format::parse_json(row[0].value_or("[]")));
    for (const format::Value& json : bodies.as_array()) events.push_back(TRY(event_of(json)));
    ++live.step;
  }
  std::vector<std::shared_ptr<const Flow>> flows;  // of each replay, then the present one
  for (const Event& event : events)
    if (event.kind == Event::Kind::replayed) {
      const long long revision = event.value["fromRevision"].int_or(live.flow->revision);
      flows.push_back(TRY(definitions_.flow(live.flow->name_space, live.flow->id, revision)));
    }
  flows.push_back(live.flow);
  live.execution.flow = flows.front().get();
  std::size_t at = 0;
  for (const Event& event : events) {
    if (event.kind == Event::Kind::replayed) live.execution.next_flow = flows[++at];
    decide(live.execution, event);
  }
  live.execution.next_flow.reset();
  flows.pop_back();
  live.earlier_flows = std::move(flows);
  live.stored_state = live.execution.state.current();
  return Done{};
}

Result<Done> Executor::load(
    std::int64_t number,
    const std::string& id,
    const std::shared_ptr<const Flow>& flow,
    bool is_finished) {
  auto live = std::make_shared<Live>();
  live->flow = flow;
  live->number = number;
  live->is_kept_finished = is_finished;
  State state = State::created;
  {
    const base::Lock lock(live->mutex);
    live->execution.id = id;
    TRY(read_events(*live));
    state = live->stored_state;
  }
  if (flow->concurrency && !is_finished) {
    const base::Lock lock(slots_mutex_);
    Slots& slots = slots_[flow->name_space + "/" + flow->id];
    if (state == State::queued) {
      slots.queued.push_back(live);
    } else if (!is_terminal(state)) {
      ++slots.running;
      live->holds_slot = true;
    }
  }
  const base::Lock lock(lives_mutex_);
  lives_.emplace(id, std::move(live));
  return Done{};
}

Result<LiveRef> Executor::revive(const std::string& id) {
  if (auto live = find_live(id); live) return live;
  const auto rows = TRY(state_.read(
      "SELECT number, namespace, flow_id, revision, (SELECT count(*) FROM flow_events "
      "WHERE execution = number) FROM flow_executions WHERE id = ?",
      {id}));
  if (rows.rows.empty()) return base::not_found("no execution with the id " + id);
  const auto& row = rows.rows[0];
  if (row[4].value_or("0") == "0")
    return base::conflict(
        "the steps of the execution " + id + " are not kept any more; start its flow again");
  const auto flow = TRY(definitions_.flow(
      row[1].value_or(""), row[2].value_or(""), std::stoll(row[3].value_or("1"))));
  TRY(load(std::stoll(row[0].value_or("0")), id, flow, true));
  return find_live(id);
}

void Executor::resume_recovered(bool with_scheduler) {
  std::vector<LiveRef> recovered;
  {
    const base::Lock lock(lives_mutex_);
    for (const auto& [id, live] : lives_) recovered.push_back(live);
  }
  std::sort(recovered.begin(), recovered.end(), [](const auto& a, const auto& b) {
    return a->number < b->number;
  });
  for (const auto& live : recovered) {
    bool is_queued = false;
    bool is_new = false;
    {
      const base::Lock lock(live->mutex);
      is_queued = live->execution.state.current() == State::queued;
      is_new = !live->attempts.empty();
    }
    if (is_new) continue;  // it was created after this engine was opened
    if (is_queued) continue;
    Event event;
    event.kind = Event::Kind::recovered;
    event.at = clock_.now();
    const base::Lock lock(live->mutex);
    advance(live, event);
  }
  pump();  // all of them in one commit
  std::vector<LiveRef> admitted;
  {
    const base::Lock lock(slots_mutex_);
    for (auto& [name, slots] : slots_)
      while (!slots.queued.empty() &&
             slots.running < slots.queued.front()->flow->concurrency->limit) {
        admitted.push_back(slots.queued.front());
        slots.queued.pop_front();
        admitted.back()->holds_slot = true;
        ++slots.running;
      }
  }
  for (const auto& live : admitted) {
    Event event;
    event.kind = Event::Kind::admitted;
    event.at = clock_.now();
    post(live, event);
  }
  if (with_scheduler) scheduler_->start();
  const auto told = tell_again();
  if (!told) LOG(error, "flow triggers were not told", {"because", told.error().text()});
}

}  // namespace outlay::flow
